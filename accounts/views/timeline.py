"""The timeline of a customer and the composer above it."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import services
from accounts.activity_forms import FollowUpForm, WhichCustomerForm
from accounts.models import Activity, ActivityKind, Contact, Customer
from accounts.models.followed import Followed
from accounts.queries import activities as queries
from accounts.queries import customers as customer_queries
from accounts.queries import timeline as timelines
from accounts.views.activity_answers import back_of
from accounts.views.date_chips import date_chips
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import access
from crm.identity.models import User
from crm.listing.answers import CHANGED, triggers
from crm.listing.once import once
from crm.records.queries import business_calendar
from crm.records.services.files import store_uploads

TABS = ("note", "call", "visit", "email", "wechat", "task")
PLACES = ("record", "list", "today", "page")


def customer_of(request: HttpRequest, pk: int) -> Customer:
    """The customer of an address, if one may see it."""
    return access.get_visible_or_404(Customer, request.user, pk, queryset=customer_queries.customer_record())


def whole_of(record: Followed) -> Customer | None:
    """The customer a record is, or belongs to; a lead has none yet."""
    return record if isinstance(record, Customer) else getattr(record, "customer", None)


def stands_with(record: Followed) -> dict[str, Followed]:
    """How the services of follow-ups are told what one is with."""
    return {"customer": record} if isinstance(record, Customer) else {"record": record}


@login_required
@require_GET
def customer_timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """The timeline of a customer."""
    return timeline_of(request, customer_of(request, pk))


def timeline_of(request: HttpRequest, record: Followed) -> HttpResponse:
    """The timeline of a record: the whole region, or with `cursor` only what is older."""
    context = timeline_context(request, record, access.may(request.user, "change", record))
    if not request.htmx:
        return render(request, "accounts/timeline/page.html", context | composer_context(request, record))
    if request.GET.get("cursor"):
        return render(request, "accounts/timeline/_items.html", context)
    return render(request, "accounts/timeline/_timeline.html", context)


def timeline_context(request: HttpRequest, record: Followed, may_edit: bool) -> dict[str, Any]:
    """What the timeline region reads: next steps, filters with counts, pinned items, one page of items."""
    kind = (
        request.GET.get("kind", "") if request.GET.get("kind", "") in (*ActivityKind.values, "system") else ""
    )
    text = request.GET.get("text", "").replace("\x00", "").strip()[:100]
    try:
        page = timelines.timeline(
            request.user, record, kind=kind, text=text, cursor=request.GET.get("cursor", "")
        )
    except (timelines.BadCursor, OverflowError) as error:
        raise BadRequest from error
    plain = not kind and not text and not request.GET.get("cursor")
    steps, pinned = timelines.on_top(request.user, record) if plain else ([], [])
    return {
        "customer": record,
        "page": page,
        "kind": kind,
        "text": text,
        "counts": timelines.counts(request.user, record),
        "pinned": pinned,
        "steps": steps,
        "may_write": queries.may_write(request.user),
        "may_edit": may_edit,
        "timeline_url": reverse(f"{record._meta.model_name}_timeline", args=[record.pk]),
    }


def composer_context(
    request: HttpRequest,
    record: Followed,
    form: FollowUpForm | None = None,
    people: Sequence[Contact] | None = None,
) -> dict[str, Any]:
    """What the composer reads; `people` are its customer's contacts where they are at hand already."""
    if not queries.may_write(request.user):
        return {"customer": record, "composer": None}
    kind = request.GET.get("kind", "")
    form = form or FollowUpForm(
        user=request.user,
        customer=whole_of(record),
        initial={"kind": kind if kind in TABS else ActivityKind.NOTE},
    )
    calendar = business_calendar()
    return {
        "customer": record,
        "business_calendar": calendar,
        "composer": form,
        "composer_people": queries.contacts_of(whole_of(record), request.user) if people is None else people,
        "tabs": TABS,
        "chips": date_chips(form["next_date"].value(), calendar),
        "composer_url": reverse(f"{record._meta.model_name}_follow_up", args=[record.pk]),
        "mentions_url": reverse("customer_mentions", args=[record.pk])
        if isinstance(record, Customer)
        else "",
    }


@login_required
@require_http_methods(["GET", "POST"])
@once
def customer_follow_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a follow-up with a customer."""
    return follow_up_with(request, customer_of(request, pk))


def follow_up_with(request: HttpRequest, record: Followed) -> HttpResponse:
    """Write a follow-up: from the record's composer, from a row of the list, from Today, or on a page of its own."""
    _require_writer(request.user)
    place = request.POST.get("place") or request.GET.get("place") or ("list" if request.htmx else "page")
    place = place if place in PLACES else "page"
    kind = request.GET.get("kind", "")
    initial = {
        "kind": kind if kind in ActivityKind.values else ActivityKind.NOTE if place == "record" else "call"
    }
    form = FollowUpForm(
        request.POST or None,
        request.FILES or None,
        user=request.user,
        customer=whole_of(record),
        initial=initial,
    )
    if request.method == "GET" or not form.is_valid():
        return _form(request, record, form, place, 200 if request.method == "GET" else 422)
    try:
        text, undo_url, unreached = _save(request, record, form)
    except RuleBroken as error:
        form.add_rule(error)
        return _form(request, record, form, place, 422)
    if not request.htmx:
        for person in unreached:
            messages.warning(request, _not_told(person))
        return redirect(back_of(request) if request.POST.get("next") else record.get_absolute_url())
    if place != "record":
        response = HttpResponse("")
        text = " ".join([text, *map(_not_told, unreached)])
    else:
        context = composer_context(request, record) | {
            "unreached": unreached,
            "saved": True,
            "may_share": isinstance(record, Customer) and access.may(request.user, "share", record),
        }
        response = render(request, "accounts/timeline/_composer.html", context)
    response["HX-Trigger"] = triggers(text, undo_url=undo_url, changed=(*CHANGED, "drawer:close"))
    return response


@login_required
@require_GET
def follow_up_write(request: HttpRequest) -> HttpResponse:
    """Write a follow-up from anywhere: first with whom, then what happened."""
    _require_writer(request.user)
    form = WhichCustomerForm(request.GET or None, user=request.user)
    if request.GET and form.is_valid():
        url = reverse("customer_follow_up", args=[form.cleaned_data["customer"].pk])
        if not request.htmx:
            return redirect(url)
        written = FollowUpForm(
            user=request.user, customer=form.cleaned_data["customer"], initial={"kind": ActivityKind.NOTE}
        )
        return _form(request, form.cleaned_data["customer"], written, "today", 200)
    template = "accounts/timeline/write_drawer.html" if request.htmx else "accounts/timeline/write.html"
    return render(request, template, {"form": form}, status=422 if form.errors else 200)


def _require_writer(user: User) -> None:
    if not queries.may_write(user):
        raise PermissionDenied


@transaction.atomic
def _save(request: HttpRequest, record: Followed, form: FollowUpForm) -> tuple[str, str, list[User]]:
    actor = actor_of(request)
    sent = store_uploads(form.cleaned_data["files"], user=request.user, actor=actor)
    files = [*form.cleaned_data["uploads"], *sent]  # uploaded while writing, and with the form itself
    if form.is_task:
        task = services.plan_follow_up(
            actor=actor, author=request.user, files=files, **stands_with(record), **form.task_values()
        )
        return _("Task saved"), reverse("activity_cancel", args=[task.pk]), []
    done = services.log_follow_up(
        actor=actor,
        author=request.user,
        files=files,
        **stands_with(record),
        must_plan=True,
        **form.log_values(),
    )
    return _("Follow-up saved"), reverse("activity_undo", args=[done.activity.pk]), done.unreached


def _form(
    request: HttpRequest, record: Followed, form: FollowUpForm, place: str, status: int
) -> HttpResponse:
    context = composer_context(request, record, form) | {"place": place, "next": back_of(request)}
    template = {
        "record": "accounts/timeline/_composer.html",
        "list": "accounts/timeline/_quick_row.html",
        "today": "accounts/timeline/_quick.html",
    }.get(place if request.htmx else "page", "accounts/timeline/follow_up.html")
    return render(request, template, context, status=status)


def _not_told(person: User) -> str:
    return _("%(name)s cannot read this customer and was not told.") % {"name": person}


@login_required
@require_POST
def customer_mentions(request: HttpRequest, pk: int) -> HttpResponse:
    """While one writes: who is mentioned and may not read the customer, with the offer to let them."""
    customer = customer_of(request, pk)
    access.require_verb(request.user, "add", Activity)
    text = request.POST.get("body", "")[: services.MOST_TEXT]
    context = {
        "customer": customer,
        "unreached": services.unreached(text, customer, request.user),
        "may_share": access.may(request.user, "share", customer),
    }
    return render(request, "accounts/timeline/_unreached.html", context)


@login_required
@require_POST
def share_mentioned(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a mentioned colleague read the customer, and tell them."""
    customer = access.get_visible_or_404(Customer, request.user, pk, "share")
    people = access.visible(User, request.user).filter(is_active=True)
    wanted = request.POST.get("user", "")
    user = people.filter(pk=wanted).first() if wanted.isdecimal() and len(wanted) < 16 else None
    if user is None:
        raise BadRequest
    services.share_with_mentioned(customer, user, actor=actor_of(request))
    response = redirect(customer) if not request.htmx else HttpResponse("")
    text = _("%(name)s may read this customer now.") % {"name": user}
    response["HX-Trigger"] = triggers(text, changed=("recordChanged", "timelineChanged"))
    return response


@login_required
@require_GET
def people_suggest(request: HttpRequest) -> JsonResponse:
    """Colleagues by the beginning of their name, for mentions and for who was present."""
    access.require_verb(request.user, "add", Activity)
    text = request.GET.get("q", "").replace("\x00", "").strip()[:40]
    found = queries.colleagues(request.user, text)
    rows = [
        {"id": u.pk, "name": u.name, "username": u.username, "value": u.pk, "text": u.name} for u in found
    ]
    return JsonResponse({"results": rows})
