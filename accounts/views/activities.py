"""Single follow-ups: done, put off, taken back, edited, pinned, deleted; and their files."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import services
from accounts.activity_forms import BackForm, CompleteForm, EditForm, MoveForm, NewActivityForm
from accounts.models import Activity, Outcome
from accounts.queries import activities as queries
from accounts.views.activity_answers import answered, back_of
from accounts.views.date_chips import date_chips
from crm.core import formats
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import access
from crm.listing.answers import attempt, by_form, done, refused, show_form, triggers
from crm.listing.once import once
from crm.records.services.files import store_uploads


def activity_of(request: HttpRequest, pk: int, action: str = "view") -> Activity:
    """The follow-up of an address, if the person may do the action to it."""
    return access.get_visible_or_404(Activity, request.user, pk, action, queryset=queries.activity_record())


@login_required
@require_GET
def activity_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A follow-up is read where it belongs: on the page of what it is about, otherwise by itself."""
    activity = activity_of(request, pk)
    whole = activity.with_whom
    if whole is not None and whole.deleted_at is None and access.may(request.user, "view", whole):
        return redirect(f"{whole.get_absolute_url()}#activity-{activity.pk}")
    return render(request, "accounts/timeline/activity_detail.html", {"activity": activity})


@login_required
@require_http_methods(["GET", "POST"])
@once
def activity_create(request: HttpRequest) -> HttpResponse:
    """A new task or plan, with or without a customer: the drawer of the "+ New" button, or a page."""
    access.require_verb(request.user, "add", Activity)
    wanted = request.GET.get("customer", "")
    form = NewActivityForm(
        request.POST or None,
        user=request.user,
        initial={"customer": wanted} if wanted.isdecimal() and len(wanted) < 19 else None,
    )

    def show(status: int = 200, **context: Any) -> HttpResponse:
        return show_form(
            request, form, heading=_("New task"), back=reverse("activity_list"), status=status, **context
        )

    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(422)
    planned, answer = attempt(
        form,
        lambda: services.plan_follow_up(actor=actor_of(request), author=request.user, **form.plan_values()),
        show,
    )
    if answer is not None:
        return answer
    undo_url = reverse("activity_cancel", args=[planned.pk])
    return done(request, back_of(request, planned), _("Task saved"), undo_url=undo_url)


@login_required
@require_http_methods(["GET", "POST"])
@once
def activity_complete(request: HttpRequest, pk: int) -> HttpResponse:
    """The done circle: what came of it and what comes next."""
    activity = activity_of(request, pk, "change")
    form = CompleteForm(request.POST or None, request.FILES or None, user=request.user, activity=activity)
    if request.method == "GET" or not form.is_valid():
        return _completing(request, activity, form, 200 if request.method == "GET" else 422)
    try:
        result = _complete(request, activity, form)
    except RuleBroken as error:
        form.add_rule(error)
        return _completing(request, activity, form, 422)
    undo_url = reverse("activity_undo", args=[activity.pk])
    if not request.htmx:
        return redirect(back_of(request, activity))
    context = {"activity": result.activity, "next_activity": result.next, "undo_url": undo_url}
    response = render(request, "today/_row_done.html", context)
    changed = ("numbersChanged", "timelineChanged", "recordChanged", "listChanged")
    response["HX-Trigger"] = triggers(_("Done"), undo_url=undo_url, changed=changed)
    return response


@transaction.atomic
def _complete(request: HttpRequest, activity: Activity, form: CompleteForm) -> services.Logged:
    actor = actor_of(request)
    sent = store_uploads(form.cleaned_data["files"], user=request.user, actor=actor)
    files = [*form.cleaned_data["uploads"], *sent]  # uploaded while writing, and with the form itself
    return services.complete(
        activity, actor=actor, author=request.user, files=files, must_plan=True, **form.complete_values()
    )


def _completing(request: HttpRequest, activity: Activity, form: CompleteForm, status: int) -> HttpResponse:
    if request.GET.get("row"):  # changed one's mind: the row as it was
        return render(request, "today/_row.html", {"activity": queries.dress(request.user, [activity])[0]})
    context = {
        "activity": activity,
        "form": form,
        "outcomes": Outcome.choices[:4],
        "chips": date_chips(form["next_date"].value()),
        "next": back_of(request, activity),
    }
    template = "today/_row_edit.html" if request.htmx else "accounts/timeline/complete.html"
    return render(request, template, context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def activity_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a follow-up off, or plan it for another time."""
    activity = activity_of(request, pk, "change")
    form = MoveForm(request.POST or None, user=request.user)
    context = {
        "activity": activity,
        "form": form,
        "chips": date_chips(form["date"].value()),
        "next": back_of(request, activity),
    }
    if request.method == "GET" or not form.is_valid():
        template = "accounts/timeline/_move.html" if request.htmx else "accounts/timeline/move.html"
        return render(request, template, context, status=200 if request.method == "GET" else 422)
    before = {
        "due_at": activity.due_at.isoformat() if activity.due_at else "",
        "all_day": activity.all_day or "",
    }
    due_at, all_day = form.moment()
    try:
        moved = services.reschedule(
            activity,
            due_at=due_at,
            all_day=all_day,
            actor=actor_of(request),
            expected=form.cleaned_data["version"],
        )
    except RuleBroken as error:
        form.add_rule(error)
        return render(request, "accounts/timeline/_move.html", context, status=422)
    when = formats.due_moment(moved.due_at, all_day=moved.all_day)
    undo_url = f"{reverse('activity_move_back', args=[pk])}?{urlencode(before)}" if before["due_at"] else ""
    return answered(request, moved, _("Moved to %(when)s") % {"when": when}, undo_url=undo_url)


@login_required
@require_POST
def activity_move_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo a move: back to the time it had."""
    activity = activity_of(request, pk, "change")
    form = BackForm(request.GET, user=request.user)
    if not form.is_valid():
        raise BadRequest
    return _act(
        request,
        activity,
        lambda: services.reschedule(activity, actor=actor_of(request), **form.cleaned_data),
        _("Back to where it was"),
    )


@login_required
@require_POST
def activity_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back that it was done, cancelled or recorded; what was only recorded goes to the bin, by its writer."""
    activity = activity_of(request, pk, "change")
    if activity.is_only_recorded:
        access.authorize(request.user, "correct", activity)
    return _act(request, activity, lambda: services.undo(activity, actor=actor_of(request)), _("Taken back"))


@login_required
@require_POST
def activity_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Drop a planned follow-up."""
    activity = activity_of(request, pk, "change")
    undo_url = reverse("activity_undo", args=[pk])
    return _act(
        request,
        activity,
        lambda: services.cancel(activity, actor=actor_of(request)),
        _("Cancelled"),
        undo_url=undo_url,
    )


@login_required
@require_POST
def activity_pin(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep it at the top of the timeline, or let it go; for those who may change it or what it is about."""
    activity = activity_of(request, pk)
    whole = activity.with_whom
    if not access.may(request.user, "change", activity) and (
        whole is None or not access.may(request.user, "change", whole)
    ):
        raise PermissionDenied
    on = activity.pinned_at is None
    text = _("Pinned") if on else _("No longer pinned")
    return _act(request, activity, lambda: services.pin(activity, on=on, actor=actor_of(request)), text)


@login_required
@require_http_methods(["GET", "POST"])
def activity_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct one's own follow-up."""
    activity = activity_of(request, pk, "correct")
    form = EditForm(request.POST or None, user=request.user, activity=activity)
    return by_form(
        request,
        form,
        lambda: services.update_activity(
            activity, actor=actor_of(request), expected=form.expected_version, **form.values()
        ),
        _("Saved"),
        heading=_("Edit follow-up"),
        back=back_of(request, activity),
    )


@login_required
@require_POST
def activity_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Put one's own follow-up into the bin."""
    activity = activity_of(request, pk, "delete")
    undo_url = reverse("activity_restore", args=[pk])
    return _act(
        request,
        activity,
        lambda: services.delete_activity(activity, actor=actor_of(request)),
        _("Deleted"),
        undo_url=undo_url,
    )


@login_required
@require_POST
def activity_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own follow-up out of the bin."""
    binned = access.narrow(queries.activity_bin(), request.user, "delete")
    activity = get_object_or_404(binned, pk=pk, deleted_by_id=request.user.pk)
    return _act(
        request, activity, lambda: services.restore_activity(activity, actor=actor_of(request)), _("Restored")
    )


def _act(
    request: HttpRequest, activity: Activity, call: Any, text: str, *, undo_url: str = ""
) -> HttpResponse:
    """One service call; a rule that forbids it becomes a toast or a message."""
    try:
        call()
    except RuleBroken as error:
        return refused(request, back_of(request, activity), str(error))
    return answered(request, activity, text, undo_url=undo_url)
