"""Duplicates in the base: the queue of suspected pairs, merging two customers field by field, and undoing it."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import services
from accounts.models import Customer, DuplicatePair
from accounts.queries import merging as queries
from accounts.queries.duplicates import disclosed, find, reason_label
from accounts.rules import matching
from accounts.rules.matching import keys_of
from accounts.rules.merging import LOSER, UNDO_DAYS, WINNER
from accounts.tasks import find_duplicates
from crm.core.writes import RuleBroken, StaleVersion
from crm.events.actor import actor_of
from crm.events.tasks import wake
from crm.identity import access
from crm.identity import fields as field_rights
from crm.identity.models import User
from crm.listing.custom.columns import text_of
from crm.listing.record.facts import fact_of
from crm.records.field_access import editable as fields_to_edit
from crm.records.models.custom_field import PREFIX
from crm.records.queries.custom_fields import label_of

STATES = (DuplicatePair.State.OPEN, DuplicatePair.State.DISMISSED, DuplicatePair.State.MERGED)
REASONS = (
    matching.USCC,
    matching.PHONE,
    matching.EMAIL,
    matching.SAME_NAME,
    matching.NAME_OPEN,
    matching.NAME_ELSEWHERE,
    matching.SIMILAR,
)
STEPS = ("0.90", "0.80", "0.70")
KNOWN = {"state", "reason", "score", "mine", "after"}


@login_required
@require_GET
def data_quality(request: HttpRequest) -> HttpResponse:
    """Suspected duplicates, the most likely first; those declared none, and what was merged."""
    access.require_verb(request.user, "merge", Customer)
    asked = _asked(request)
    if asked is None:
        return render(request, "400.html", status=400)
    context: dict[str, Any] = {
        "tabs": _tabs(asked["state"]),
        "state": asked["state"],
        "days": UNDO_DAYS,
        "reasons": [_choice(request, "reason", reason, reason_label(reason)) for reason in REASONS],
        "scores": [_choice(request, "score", step, f"≥ {Decimal(step):.0%}") for step in STEPS],
        "mine": _choice(request, "mine", "1", _("Mine")),
    }
    if asked["state"] == DuplicatePair.State.MERGED:
        context["merges"] = queries.merges_for(request.user)
    else:
        page = queries.suspected(request.user, **asked)
        context |= {"page": page, "next": _address(request, after=page.next) if page.next else ""}
    return render(request, "accounts/data_quality.html", context)


@login_required
@require_POST
def data_quality_scan(request: HttpRequest) -> HttpResponse:
    """Look through the whole base now instead of tonight."""
    access.require_verb(request.user, "merge", Customer)
    wake(find_duplicates)
    messages.success(request, _("The whole base is being looked through; new pairs appear here in a moment."))
    return redirect("data_quality")


@login_required
@require_POST
def pair_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that two customers are not the same, or take that back."""
    access.require_verb(request.user, "merge", Customer)
    pair = queries.pair_of(request.user, pk)
    if pair is None:
        raise Http404
    if not pair.mergeable:
        raise PermissionDenied
    duplicate = request.POST.get("duplicate") == "1"
    try:
        services.decide_pair(pair, duplicate=duplicate, actor=actor_of(request))
    except RuleBroken as error:
        messages.error(request, str(error))
    else:
        said = (
            _("They wait for a decision again.") if duplicate else _("Remembered: these are two customers.")
        )
        messages.success(request, said)
    return redirect(_next(request))


@dataclass(frozen=True)
class Choice:
    """One field on the merge page: what each side has, and which is kept unless one chooses."""

    name: str
    label: str
    winner: Any
    loser: Any
    pick: str
    same: bool

    @property
    def options(self) -> list[tuple[str, Any]]:
        return [(WINNER, self.winner), (LOSER, self.loser)]


@login_required
@require_http_methods(["GET", "POST"])
def customer_merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Two customers side by side, field by field; without `with` the likely ones to choose from.

    What was chosen is named once more before anything is written.
    """
    winner = access.get_visible_or_404(Customer, request.user, pk, "merge", queryset=_records())
    other = request.POST.get("with") or request.GET.get("with", "")
    if not other:
        return _choose(request, winner)
    if not (other.isdecimal() and len(other) < 19):
        raise Http404
    loser = access.get_visible_or_404(Customer, request.user, int(other), "merge", queryset=_records())
    if request.method == "GET":
        return _compare(request, winner, loser)
    if request.POST.get("confirmed") != "1":
        return _confirm(request, winner, loser)
    names = _chosen_by(request.user)
    picks = {name: request.POST[f"pick_{name}"] for name in names if f"pick_{name}" in request.POST}
    try:
        services.merge_customers(
            winner, loser, picks=picks, expected=_versions(request, winner, loser), actor=actor_of(request)
        )
    except StaleVersion as error:
        fresh = {record.pk: record for record in _records().filter(pk__in=[winner.pk, loser.pk])}
        return _compare(request, fresh[winner.pk], fresh[loser.pk], error=error, status=409)
    except RuleBroken as error:
        return _compare(request, winner, loser, error=error, status=422)
    text = _("%(loser)s is now part of %(winner)s. This can be undone for %(days)d days under Data quality.")
    messages.success(request, text % {"loser": loser.name, "winner": winner.name, "days": UNDO_DAYS})
    return redirect(winner)


@login_required
@require_POST
def merge_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a merge apart again; what was edited since is kept and named."""
    merge = queries.merge_of(request.user, pk)
    if merge is None:
        raise Http404
    access.authorize(request.user, "merge", merge.winner)
    try:
        merge = services.undo_merge(merge, actor=actor_of(request))
    except RuleBroken as error:
        messages.error(request, str(error))
        return redirect(f"{reverse('data_quality')}?state=merged")
    names = [_label(name) for name in merge.kept]
    text = _("%(name)s is a customer of its own again.") % {"name": merge.loser.name}
    if names:
        kept = _("Kept, because edited since: %(fields)s.") % {"fields": ", ".join(names)}
        text = f"{text} {kept}"
    messages.success(request, text)
    return redirect(f"{reverse('data_quality')}?state=merged")


def _records() -> Any:
    return queries.customers_to_merge()


def _choose(request: HttpRequest, winner: Customer) -> HttpResponse:
    """The likely doubles of a customer, and a number to type."""
    keys = keys_of(
        name=winner.name, kind=winner.kind, uscc=winner.uscc, phones=[winner.phone], emails=[winner.email]
    )
    found = disclosed(request.user, find(keys, exclude=[winner.pk], attended=False))
    context = {"winner": winner, "matches": [match for match in found if match.seen and not match.links]}
    return render(request, "accounts/merge_choose.html", context)


def _compare(
    request: HttpRequest,
    winner: Customer,
    loser: Customer,
    *,
    error: RuleBroken | None = None,
    status: int = 200,
) -> HttpResponse:
    choices = _choices(request, winner, loser)
    context = {
        "winner": winner,
        "loser": loser,
        "choices": [choice for choice in choices if not choice.same],
        "same": [choice for choice in choices if choice.same and choice.winner],
        "counts": queries.belongings(winner, loser),
        "error": error,
        "days": UNDO_DAYS,
        "swap": f"{reverse('customer_merge', args=[loser.pk])}?with={winner.pk}",
    }
    return render(request, "accounts/merge.html", context, status=status)


def _confirm(request: HttpRequest, winner: Customer, loser: Customer) -> HttpResponse:
    """What the merge will join and what is left behind, in words, with the choices made."""
    choices = [choice for choice in _choices(request, winner, loser) if not choice.same]
    counts = [(words, other) for words, _one, other in queries.belongings(winner, loser) if other]
    context = {
        "winner": winner,
        "loser": loser,
        "choices": choices,
        "taken": [choice for choice in choices if choice.pick == LOSER],
        "counts": counts,
        "versions": _versions(request, winner, loser),
        "days": UNDO_DAYS,
        "back": f"{reverse('customer_merge', args=[winner.pk])}?with={loser.pk}",
    }
    return render(request, "accounts/merge_confirm.html", context)


def _choices(request: HttpRequest, winner: Customer, loser: Customer) -> list[Choice]:
    """The fields somebody may choose between, each with what was chosen or else would be kept."""
    picks = services.default_picks(winner, loser)
    own = fields_to_edit(request.user, Customer)
    shown = {
        side: {one.name: text_of(one, record.custom.get(key)) for key, one in own.items()}
        | {name: str(fact_of(record, name).text) for name in ("name", *Customer.page_fields)}
        for side, record in ((WINNER, winner), (LOSER, loser))
    }
    choices = []
    for name in (name for name in _chosen_by(request.user) if name in picks):
        one, other = shown[WINNER].get(name, ""), shown[LOSER].get(name, "")
        chosen = request.POST.get(f"pick_{name}", picks[name])
        choices.append(Choice(name, _label(name), one, other, chosen, one == other))
    return choices


def _chosen_by(user: User) -> list[str]:
    """The fields somebody may choose between: those they may edit; of the others the better value is kept."""
    names = [name for name in services.MERGE_FIELDS if field_rights.may_edit(user, Customer, name)]
    return [*names, *(one.name for one in fields_to_edit(user, Customer).values())]


def _label(name: str) -> str:
    """The name of a field, an administrator's own ones included."""
    if name.startswith(PREFIX):
        return label_of(Customer, name)
    return capfirst(str(Customer._meta.get_field(name).verbose_name))


def _versions(request: HttpRequest, *records: Customer) -> dict[int, int]:
    given = {record.pk: request.POST.get(f"version_{record.pk}", "") for record in records}
    return {pk: int(version) for pk, version in given.items() if version.isdecimal() and len(version) < 10}


def _asked(request: HttpRequest) -> dict[str, Any] | None:
    """What the address asks for; None for what it cannot mean."""
    query = request.GET
    state = query.get("state", DuplicatePair.State.OPEN)
    reasons = query.getlist("reason")
    if set(query) - KNOWN or state not in STATES or not set(reasons) <= set(REASONS):
        return None
    if query.get("mine", "") not in ("", "1"):
        return None
    try:
        least = Decimal(query["score"]) if query.get("score") else None
        score, _dash, pk = query.get("after", "").partition("-")
        after = (Decimal(score), int(pk)) if query.get("after") else None
    except (InvalidOperation, ValueError):
        return None
    for number in (least, after[0] if after else None):
        if number is not None and not (number.is_finite() and 0 <= number <= 1):
            return None
    if after and not 0 < after[1] < 2**63:
        return None
    return {
        "state": state, "reasons": reasons, "least": least, "mine": query.get("mine") == "1", "after": after,
    }  # fmt: skip


def _tabs(state: str) -> list[dict[str, Any]]:
    labels = {
        DuplicatePair.State.OPEN: _("Suspected duplicates"),
        DuplicatePair.State.DISMISSED: _("Not duplicates"),
        DuplicatePair.State.MERGED: _("Merged"),
    }
    return [
        {"label": labels[one], "url": f"{reverse('data_quality')}?state={one}", "current": one == state}
        for one in STATES
    ]


def _choice(request: HttpRequest, name: str, value: str, label: str) -> dict[str, Any]:
    """A filter as a chip that turns itself on or off."""
    on = value in request.GET.getlist(name)
    return {"label": label, "on": on, "url": _address(request, **{name: "" if on else value})}


def _address(request: HttpRequest, **changed: str) -> str:
    query = {name: request.GET[name] for name in request.GET if name in KNOWN - {"after"}} | changed
    query = {name: value for name, value in query.items() if value}
    return f"{reverse('data_quality')}?{urlencode(query)}" if query else reverse("data_quality")


def _next(request: HttpRequest) -> str:
    url = request.POST.get("next", "")
    return (
        url if url_has_allowed_host_and_scheme(url, None) and url.startswith("/") else reverse("data_quality")
    )
