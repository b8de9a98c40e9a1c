"""Opportunities by what they lack: what the line "None" of a report leads to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.identity import access
from crm.identity.fields import is_closed
from crm.identity.models import User
from crm.listing.filters import Choices
from sales.models import Opportunity, OpportunityLine

# What may be lacking: its label, and the way to it from a deal (who may not read that is not offered the question).
KINDS = {
    "team": (_("Team"), "team"),
    "source": (_("Source"), "source"),
    "reason": (_("Reason"), "reason"),
    "region": (_("Region"), "customer__region"),
    "industry": (_("Industry"), "customer__industry"),
    "product": (_("Product"), "lines__product"),
}
TEXTS = ("source", "reason")


def may_tell_by(user: User, path: str) -> bool:
    """Whether somebody may narrow or tell deals apart by what stands at the end of a path."""
    if path.startswith("lines__") and not access.has_verb(user, "view", OpportunityLine):
        return False
    return not is_closed(user, Opportunity, path)


class Without(Choices):
    """Deals in which something is not filled in; several mean that all of it is missing."""

    def __init__(self, **kwargs: Any) -> None:
        offered = [(name, label) for name, (label, _path) in KINDS.items()]
        super().__init__(choices=offered, label=_("Not filled in"), **kwargs)

    @property
    def field(self) -> forms.Field:
        found = super().field
        user = self.parent.user
        found.choices = [(name, label) for name, (label, path) in KINDS.items() if may_tell_by(user, path)]
        return found

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        for name in value or ():
            qs = qs.filter(_lacks(name))
        return qs


def _lacks(name: str) -> Q:
    if name == "product":  # as the report counts it: no line at all, or one of no product
        lines = OpportunityLine._base_manager.filter(opportunity=OuterRef("pk"))
        return ~Q(Exists(lines)) | Q(Exists(lines.filter(product__isnull=True)))
    path = KINDS[name][1]
    return Q(**{path: ""}) if name in TEXTS else Q(**{f"{path}__isnull": True})
