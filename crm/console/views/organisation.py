"""The organisation: tree, people, one person's rights."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.console import queries
from crm.console.forms.members import AccessForm, MemberForm
from crm.console.views.guards import administrators_only, confirmed
from crm.console.views.panels import add_rule, done
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import services
from crm.identity.access import get_visible_or_404, visible
from crm.identity.models import Role, Team, User

SHOWN = 200  # people in the table; more are found by searching


def place(team: Team | None = None, member: User | None = None) -> str:
    """The address of the organisation page at a team and a person."""
    query = {"team": team.pk if team else None, "member": member.pk if member else None}
    text = urlencode({name: value for name, value in query.items() if value})
    return reverse("organisation") + (f"?{text}" if text else "")


@administrators_only
@require_GET
def organisation(request: HttpRequest) -> HttpResponse:
    """Tree left, people in the middle, one person right."""
    return show(request)


def show(
    request: HttpRequest, *, form: MemberForm | None = None, check: Any = None, status: int = 200
) -> HttpResponse:
    """The page, with a form that was refused or the result of checking a file."""
    user = request.user
    q = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    former = request.GET.get("former") == "1"
    member = form.instance if form else _find(visible(User, user), request.GET.get("member", ""))
    team = _find(visible(Team, user), request.GET.get("team", "")) or (member.team if member else None)
    tree = queries.team_tree(team, q)
    if team is None and not q and not former and not member and tree:
        team = tree[0].team
    rows = queries.members_of(team, q=q, former=former)
    people = list(rows[: SHOWN + 1])
    counts = queries.customer_counts(people)
    scopes: dict[int | None, str] = {}
    for person in people:
        person.customers = counts.get(person.pk, 0)
        if person.role_id not in scopes:
            scopes[person.role_id] = queries.customer_scope(person)
        person.scope_label = scopes[person.role_id]
        person.is_leader = bool(person.team and person.team.leader_id == person.pk)
    context = {
        "tree": tree,
        "team": team,
        "q": q,
        "former": former,
        "people": people[:SHOWN],
        "more": len(people) > SHOWN,
        "total": rows.count(),
        "held": sum(counts.values()),
        "former_count": visible(User, user).filter(is_active=False).count(),
        "check": check,
        "base": place(team),
    }
    if member:
        context |= _detail(request, member, form)
    return render(request, "settings/organisation.html", context, status=status)


def _detail(request: HttpRequest, member: User, form: MemberForm | None) -> dict[str, Any]:
    return {
        "member": member,
        "form": form or MemberForm(instance=member, user=request.user),
        "roles": {role.pk: role.description for role in visible(Role, request.user)},
        "reach": queries.reach_of(member) if member.is_active else None,
        "scopes": queries.scope_cards(member),
        "grants": queries.grants_by_hand(member),
        "access_form": AccessForm(user=request.user, auto_id="access_%s"),
    }


def _find(rows: QuerySet, text: str) -> Any:
    return rows.filter(pk=text).first() if text.isdecimal() and len(text) < 18 else None


@administrators_only
@confirmed
@require_POST
def member_save(request: HttpRequest, pk: int) -> HttpResponse:
    """Save what the panel holds about a person."""
    member = get_visible_or_404(User, request.user, pk, "change")
    form = MemberForm(request.POST, instance=member, user=request.user)
    if not form.is_valid():
        return show(request, form=form, status=422)
    values = dict(form.cleaned_data)
    follow = values.pop("records_follow")
    member = get_visible_or_404(User, request.user, pk, "change")  # the form has written on the other one
    try:
        services.change_person(member, records_follow=follow, actor=actor_of(request), **values)
    except RuleBroken as error:
        add_rule(form, error)
        return show(request, form=form, status=422)
    messages.success(request, _("Saved. The new rights hold at once."))
    return done(request, place(form.cleaned_data["team"], member))


@administrators_only
@require_POST
def member_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What a person would see with the role and department chosen in the panel; nothing is saved."""
    member = get_visible_or_404(User, request.user, pk, "change")
    form = MemberForm(request.POST, instance=get_visible_or_404(User, request.user, pk), user=request.user)
    form.is_valid()
    values = {name: form.cleaned_data[name] for name in ("role", "team") if name in form.cleaned_data}
    context: dict[str, Any] = {"member": member, "preview": True}
    try:
        context |= queries.preview(member, **values)
    except RuleBroken as error:
        context["refused"] = str(error)
    return render(request, "settings/_reach.html", context)


@administrators_only
@confirmed
@require_POST
def access_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a person work with another team's records, whatever their role says."""
    member = get_visible_or_404(User, request.user, pk, "change")
    form = AccessForm(request.POST, user=request.user)
    if form.is_valid():
        try:
            services.grant_team_access(
                form.cleaned_data["team"], member, form.cleaned_data["permission"], actor=actor_of(request)
            )
            messages.success(request, _("Access given."))
        except RuleBroken as error:
            messages.error(request, str(error))
    else:
        messages.error(request, _("Choose a team."))
    return done(request, place(member.team, member))


@administrators_only
@require_POST
def access_withdraw(request: HttpRequest, pk: int, grant: int) -> HttpResponse:
    """Take back access that was given by hand."""
    member = get_visible_or_404(User, request.user, pk, "change")
    row = queries.grants_by_hand(member).filter(pk=grant).first()
    if row is not None:
        try:
            services.withdraw_team_access(row, actor=actor_of(request))
            messages.success(request, _("Access withdrawn."))
        except RuleBroken as error:
            messages.error(request, str(error))
    return done(request, place(member.team, member))
