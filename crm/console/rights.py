"""What a role can be given: the verbs of each kind of record, in words, and how far they reach."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.identity.models import Scope
from crm.identity.policies import Owned, Private, Via
from crm.identity.services.roles import PLATFORM_APPS

VERBS: dict[str, str | Promise] = {
    "view": _("see"),
    "add": _("create"),
    "change": _("edit"),
    "delete": _("delete"),
    "export": _("export"),
    "export_unlimited": _("export without limit"),
    "import": _("import"),
    "transfer": _("transfer"),
    "share": _("share"),
    "merge": _("merge"),
    "comment": _("comment"),
    "approve": _("approve"),
    "nudge": _("nudge"),
    "reveal": _("reveal masked values"),
}

SCOPE_HELP: dict[str, str | Promise] = {
    Scope.OWN: _("What they own themselves and what is shared with them."),
    Scope.TEAM: _("Also what colleagues of the same team own."),
    Scope.BELOW: _("Also what the teams below their own hold."),
    Scope.ALL: _("Every record of the company."),
    Scope.DEALS: _("Customers with at least one deal, and what belongs to them; sharing cannot widen this."),
    Scope.ASSIGNED: _("Only what was assigned to them, whoever owns the customer."),
}
EXTRA_KINDS = ("records.tag", "identity.user", "identity.team")


@dataclass(frozen=True)
class Kind:
    """A kind of record a role can have rights on."""

    model: type[models.Model]
    label: str
    name: str | Promise
    verbs: tuple[str, ...]
    has_scope: bool


def kinds() -> Iterator[Kind]:
    """Every kind of business record, and those of the platform that everybody works with."""
    for model in apps.get_models():
        policy = getattr(model, "access", None)
        label = model._meta.label_lower
        if policy is None or isinstance(policy, Private):
            continue
        if model._meta.app_label in (*PLATFORM_APPS, "console") and label not in EXTRA_KINDS:
            continue
        verbs = verbs_of(model)
        if verbs:
            scoped = isinstance(policy, Owned)
            yield Kind(
                model, label, model._meta.verbose_name_plural, verbs, scoped and not isinstance(policy, Via)
            )


def verbs_of(model: type[models.Model]) -> tuple[str, ...]:
    """The verbs that exist for a kind of record, in the order people read them."""
    meta = model._meta
    suffix = f"_{meta.model_name}"
    codenames = {f"{verb}{suffix}" for verb in meta.default_permissions}
    codenames |= {codename for codename, _name in meta.permissions if codename.endswith(suffix)}
    found = {codename.removesuffix(suffix) for codename in codenames}
    known = [verb for verb in VERBS if verb in found]
    return (*known, *sorted(found - set(VERBS)))
