"""Adding people, ending and restoring their access, new passwords; adding, moving and deleting teams."""

import json
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from crm.console import queries
from crm.console.forms.members import LeaveForm, PersonForm, TeamForm, temporary_password
from crm.console.views.guards import administrators_only, confirmed
from crm.console.views.organisation import place
from crm.console.views.panels import add_rule, done, form_panel
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import services
from crm.identity.access import get_visible_or_404, visible
from crm.identity.models import Team, User
from crm.listing.once import once


@never_cache
@administrators_only
@confirmed
@once
def member_add(request: HttpRequest) -> HttpResponse:
    """Add somebody; a temporary password is shown once."""
    team = (
        visible(Team, request.user).filter(pk=request.GET.get("team") or None).first()
        if (request.GET.get("team", "").isdecimal())
        else None
    )
    form = PersonForm(request.POST or None, user=request.user, initial={"team": team})
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        password = temporary_password()
        try:
            member = services.create_user(
                values.pop("username"),
                password=password,
                must_change_password=True,
                actor=actor_of(request),
                **values,
            )
        except RuleBroken as error:
            add_rule(form, error)
        else:
            return _show_password(request, member, password)
    return form_panel(
        request,
        form,
        title=_("Add a member"),
        action=reverse("member_add"),
        submit=_("Add"),
        back=place(team),
    )


def _show_password(request: HttpRequest, member: User, password: str) -> HttpResponse:
    """The temporary password, in this one answer and nowhere else."""
    form = PersonForm(instance=member, user=request.user)
    return form_panel(
        request,
        form,
        title=_("Temporary password"),
        action="",
        submit="",
        back=place(member.team, member),
        secret=password,
        member=member,
    )


@never_cache
@administrators_only
@confirmed
@require_POST
def member_password(request: HttpRequest, pk: int) -> HttpResponse:
    """Give somebody a temporary password; their sessions end, and the next sign-in asks for one of their own."""
    member = get_visible_or_404(User, request.user, pk, "change")
    password = temporary_password()
    try:
        services.set_password(member, password, must_change=True, actor=actor_of(request))
    except RuleBroken as error:
        messages.error(request, str(error))
        return done(request, place(member.team, member))
    get_adapter(request).forget_failures(request, member.username)
    return _show_password(request, member, password)


@administrators_only
@confirmed
def member_leave(request: HttpRequest, pk: int) -> HttpResponse:
    """End somebody's access after choosing who takes over what they hold."""
    member = get_visible_or_404(User, request.user, pk, "change")
    kinds = queries.held_kinds(member)
    form = LeaveForm(
        request.POST if request.method == "POST" else None, user=request.user, leaver=member, kinds=kinds
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = services.leave(member, form.heirs(), actor=actor_of(request))
        except RuleBroken as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, _("%(name)s is deactivated, everything is handed over.") % {"name": member}
            )
            return done(request, made.get_absolute_url() if kinds else place(member.team))
    return form_panel(
        request,
        form,
        preview_url=reverse("member_leave_preview", args=[pk]) if kinds else "",
        title=_("Deactivate %(name)s and hand over") % {"name": member},
        action=reverse("member_leave", args=[pk]),
        submit=_("Deactivate"),
        back=place(member.team, member),
        intro=_(
            "Sessions and API tokens end at once. What was done stays under their name; open work goes to whom you choose."
        )
        if kinds
        else _("Sessions and API tokens end at once. There is nothing to hand over."),
        danger=True,
    )


@administrators_only
@confirmed
@require_POST
def member_return(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody in again."""
    member = get_visible_or_404(User, request.user, pk, "change")
    services.reactivate_user(member, actor=actor_of(request))
    messages.success(request, _("%(name)s can sign in again. API tokens stay revoked.") % {"name": member})
    return done(request, place(member.team, member))


@administrators_only
@once
def team_add(request: HttpRequest) -> HttpResponse:
    """Add a team below another one."""
    above = request.GET.get("parent", "")
    parent = visible(Team, request.user).filter(pk=above).first() if above.isdecimal() else None
    form = TeamForm(request.POST or None, user=request.user, initial={"parent": parent})
    if request.method == "POST" and form.is_valid():
        try:
            team = services.create_team(actor=actor_of(request), **form.cleaned_data)
        except RuleBroken as error:
            add_rule(form, error)
        else:
            messages.success(request, _("Department added."))
            return done(request, place(team))
    return form_panel(
        request,
        form,
        title=_("Add a department"),
        action=reverse("team_add"),
        submit=_("Add"),
        back=place(parent),
    )


@administrators_only
def team_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename or move a team, or change its leader."""
    team = get_visible_or_404(Team, request.user, pk, "change")
    initial = {"name": team.name, "parent": team.parent_id, "leader": team.leader_id}
    form = TeamForm(request.POST or None, user=request.user, team=team, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_team(team, actor=actor_of(request), **form.cleaned_data)
        except RuleBroken as error:
            add_rule(form, error)
        else:
            messages.success(request, _("Saved. Who sees what has followed."))
            return done(request, place(team))
    return form_panel(
        request,
        form,
        title=_("Change the department"),
        action=reverse("team_edit", args=[pk]),
        submit=_("Save"),
        back=place(team),
        intro=_("When a department moves, what its leaders and managers see follows at once."),
        delete_url=reverse("team_delete", args=[pk]),
    )


@administrators_only
@require_POST
def team_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a department below another one, as dragging in the tree does."""
    team = get_visible_or_404(Team, request.user, pk, "change")
    parent = _target(request)
    before = team.parent
    if parent in (before, team):
        return HttpResponse(status=204)
    text = _("%(team)s now belongs to %(parent)s.") % {"team": team, "parent": parent}
    return _moved(
        request,
        lambda: services.update_team(team, parent=parent, actor=actor_of(request)),
        text,
        undo_url=f"{reverse('team_move', args=[pk])}?parent={before.pk}" if before else "",
        back=place(team),
    )


@administrators_only
@require_POST
def member_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a person into another department with all they hold, as dragging onto the tree does."""
    member = get_visible_or_404(User, request.user, pk, "change")
    team = _target(request)
    before = member.team
    if team == before:
        return HttpResponse(status=204)
    text = _("%(name)s now works in %(team)s, with everything they hold.") % {"name": member, "team": team}
    return _moved(
        request,
        lambda: services.change_person(member, team=team, actor=actor_of(request)),
        text,
        undo_url=f"{reverse('member_move', args=[pk])}?parent={before.pk}" if before else "",
        back=place(team, member),
    )


def _target(request: HttpRequest) -> Team:
    """The department something is dropped on."""
    wanted = request.POST.get("parent") or request.GET.get("parent") or ""
    if not wanted.isdecimal() or len(wanted) > 18:
        raise BadRequest
    return get_visible_or_404(Team, request.user, int(wanted))


def _moved(
    request: HttpRequest, move: Callable[[], object], text: str, *, undo_url: str, back: str
) -> HttpResponse:
    try:
        move()
    except RuleBroken as error:
        if not request.htmx:
            messages.error(request, str(error))
            return done(request, back)
        refused = {"toast": {"text": str(error), "kind": "bad"}}
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(refused)})
    if not request.htmx:
        messages.success(request, text)
        return done(request, back)
    said = {"toast": {"text": text, "undo_url": undo_url}, "organisationChanged": True}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(said)})


@administrators_only
@require_POST
def team_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete an empty team."""
    team = get_visible_or_404(Team, request.user, pk, "delete")
    parent = team.parent
    try:
        services.delete_team(team, actor=actor_of(request))
    except RuleBroken as error:
        messages.error(request, str(error))
        return done(request, place(team))
    except ProtectedError:
        messages.error(request, _("Records still belong to this department. Transfer them first."))
        return done(request, place(team))
    messages.success(request, _("Department deleted."))
    return done(request, place(parent))
