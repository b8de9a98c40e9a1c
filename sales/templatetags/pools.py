"""The faces of the pool, and why the rules chose somebody, in words."""

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.identity.access import has_verb
from crm.identity.models import User
from sales.forms.pools import sells
from sales.listings.pools import POOL_CUSTOMERS, POOL_LEADS
from sales.queries.assignment import FALLBACK, SAME_CUSTOMER
from sales.queries.turns import Explained
from sales.rules import assignment as rules

register = template.Library()

UNMET = {
    "source": gettext_lazy("another source"),
    "region": gettext_lazy("another region"),
    "industry": gettext_lazy("another industry"),
    "size": gettext_lazy("another size"),
    "product": gettext_lazy("none of the product words"),
    "language": gettext_lazy("another language"),
}
SKIPPED = {
    rules.INACTIVE: gettext_lazy("has left"),
    rules.ABSENT: gettext_lazy("away"),
    rules.OFF_SHIFT: gettext_lazy("not on shift"),
    rules.FULL: gettext_lazy("has as many as agreed"),
    rules.MISSED: gettext_lazy("did not take it up"),
    rules.UNSKILLED: gettext_lazy("lacks a skill"),
}


@register.simple_tag
def pool_faces(user: User) -> list[tuple[str, str, str]]:
    """The pages of the pool somebody may open: (key, label, address)."""
    faces = [("pool", _("Overview"), reverse("pool"))] if sells(user) else []
    for listing, label in ((POOL_LEADS, _("Leads")), (POOL_CUSTOMERS, _("Customers"))):
        if has_verb(user, "view", listing.model):
            faces.append((listing.key, label, listing.url()))
    return faces


@register.simple_tag
def why_of_turn(told: Explained) -> str:
    """The reason in one sentence."""
    turn = told.turn
    if turn.why == SAME_CUSTOMER:
        return _("They serve this customer already.")
    if turn.group is None:
        return _("No rule fits.")
    values = {"group": turn.group, "how": turn.group.get_strategy_display()}
    if turn.user is None:
        return _("Nobody in %(group)s is free.") % values
    if turn.why == FALLBACK:
        return _("Nobody in %(group)s is free; they are named for that.") % values
    return _("%(group)s: %(how)s.") % values


@register.simple_tag
def unmet_words(key: str) -> str:
    """Which condition a lead does not meet."""
    return str(UNMET.get(key, key))


@register.simple_tag
def skipped_words(key: str) -> str:
    """Why somebody is passed over."""
    return str(SKIPPED.get(key, key))
