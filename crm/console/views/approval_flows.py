"""The flows of approvals, for administrators: what is asked of whom, in which order, and a trial before it counts."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.approvals import queries, services
from crm.approvals.models import ApprovalFlow
from crm.approvals.registry import KINDS, Approvable, kind_of
from crm.console.forms.approval_flows import (
    CONDITIONS,
    OPS,
    STEPS,
    FlowForm,
    TrialForm,
    measure_labels,
    place_of,
    places,
    plain_place,
)
from crm.console.views.guards import administrators_only
from crm.core.money import BASE_CURRENCY
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity.access import get_visible_or_404, visible
from crm.identity.models import Role, User
from crm.listing.once import once


@administrators_only
@require_GET
def flows(request: HttpRequest) -> HttpResponse:
    """The flows of every kind, in the order in which they are tried."""
    rows = list(visible(ApprovalFlow, request.user).prefetch_related("steps"))
    names = _names(request)
    groups = []
    for kind in KINDS.values():
        own = [
            (
                flow,
                _condition_words(kind, flow),
                [_step_words(kind, step, names) for step in flow.steps.all()],
            )
            for flow in rows
            if flow.kind == kind.key
        ]
        groups.append((kind, own))
    return render(request, "settings/approval_flows.html", {"groups": groups})


def _names(request: HttpRequest) -> dict[str, str]:
    """Roles by code and people by id, as flows name them."""
    found = {f"role:{role.slug}": str(role) for role in visible(Role, request.user)}
    return found | {f"user:{user.pk}": str(user) for user in visible(User, request.user)}


def _condition_words(kind: Approvable, flow: ApprovalFlow) -> list[str]:
    labels, measures = measure_labels(kind), {one.name: one for one in kind.measures}
    found = []
    for one in flow.conditions:
        measure = measures.get(one["field"])
        value = measure.words(one["value"], BASE_CURRENCY) if measure else one["value"]
        found.append(f"{labels.get(one['field'], one['field'])} {OPS.get(one['op'], one['op'])} {value}")
    return found


def _step_words(kind: Approvable, step: Any, names: dict[str, str]) -> dict[str, Any]:
    """A step as the overview shows it."""
    places_ = dict(places(kind, ()))
    asked = []
    for one in step.approvers:
        place = place_of(one) or f"user:{one.get('user')}"
        asked.append(places_.get(place) or names.get(place) or place)
    return {"step": step, "asked": asked}


def _kind(key: str) -> Approvable:
    found = kind_of(key)
    if found is None:
        raise Http404
    return found


@administrators_only
@require_http_methods(["GET", "POST"])
@once
def flow_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Write a flow, or change one; requests that run keep the steps they began with."""
    flow = get_visible_or_404(ApprovalFlow, request.user, pk, "change") if pk else None
    kind = _kind(flow.kind if flow else request.GET.get("kind", ""))
    used = {one.get("role") for step in (flow.steps.all() if flow else ()) for one in step.approvers}
    able = queries.approving_roles() | used
    roles = [role for role in visible(Role, request.user) if role.slug in able]
    data = _with_more(request.POST) if request.method == "POST" else None
    common: dict[str, Any] = {"kind": kind}
    form = FlowForm(data, user=request.user, flow=flow, roles=roles, **common)
    conditions = CONDITIONS(
        data, prefix="conditions", initial=flow.conditions if flow else [], form_kwargs=common
    )
    steps = STEPS(
        data,
        prefix="steps",
        initial=[_initial(kind, step) for step in flow.steps.all()] if flow else [],
        form_kwargs=common | {"user": request.user, "roles": roles},
    )
    sent = request.method == "POST" and "more" not in request.POST  # not only a row more
    if sent and all([form.is_valid(), conditions.is_valid(), steps.is_valid()]):
        try:
            _save(request, flow, kind, form, conditions, steps)
        except RuleBroken as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved. What runs already keeps its steps."))
            return redirect("approval_flows")
    context = {
        "flow": flow,
        "kind": kind,
        "form": form,
        "conditions": conditions,
        "steps": steps,
        "action": request.get_full_path(),
    }
    return render(request, "settings/approval_flow.html", context, status=422 if sent else 200)


def _with_more(data: QueryDict) -> QueryDict:
    """The form with one row more, where a button asked for it."""
    more = data.get("more", "")
    if more in ("steps", "conditions"):
        data = data.copy()
        name = f"{more}-TOTAL_FORMS"
        data[name] = str(int(data.get(name, "0")) + 1 if data.get(name, "0").isdecimal() else 1)
    return data


def _initial(kind: Approvable, step: Any) -> dict[str, Any]:
    people = [one["user"] for one in step.approvers if one.get("who") == "user"]
    return {
        "name": kind.named(step.name),
        "mode": step.mode,
        "places": [place for one in step.approvers if (place := place_of(one))],
        "people": people,
        "amount_from": _plain(step.amount_from),
        "amount_below": _plain(step.amount_below),
    }


def _plain(amount: Any) -> str:
    return "" if amount is None else f"{amount.normalize():f}"


def _save(
    request: HttpRequest, flow: ApprovalFlow | None, kind: Approvable, form: Any, conditions: Any, steps: Any
) -> None:
    services.save_flow(
        flow,
        actor=actor_of(request),
        kind=kind.key,
        name=kind.kept_as(form.cleaned_data["name"]),
        is_active=form.cleaned_data["is_active"],
        copies=[plain_place(place) for place in form.cleaned_data["copies"]],
        conditions=[one.cleaned_data for one in conditions.forms if one.cleaned_data.get("field")],
        steps=[
            {
                **{name: one.cleaned_data[name] for name in ("mode", "amount_from", "amount_below")},
                "name": kind.kept_as(one.cleaned_data["name"]),
                "approvers": one.approvers,
            }
            for one in steps.kept()
            if not one.is_blank
        ],
    )


@administrators_only
@require_POST
def flow_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a flow earlier or later than the one beside it."""
    flow = get_visible_or_404(ApprovalFlow, request.user, pk, "change")
    ids = list(queries.flows().filter(kind=flow.kind).values_list("pk", flat=True))
    place = ids.index(flow.pk)
    other = place + (1 if request.POST.get("way") == "down" else -1)
    if 0 <= other < len(ids):
        ids[place], ids[other] = ids[other], ids[place]
        try:
            services.arrange_flows(flow.kind, ids, actor=actor_of(request))
        except RuleBroken as error:
            messages.error(request, str(error))
    return redirect(f"{reverse('approval_flows')}#{flow.kind}")


@administrators_only
@require_POST
def flow_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a flow; what runs keeps its steps."""
    services.delete_flow(
        get_visible_or_404(ApprovalFlow, request.user, pk, "delete"), actor=actor_of(request)
    )
    messages.success(request, _("Deleted. What runs already keeps its steps."))
    return redirect("approval_flows")


@administrators_only
@require_GET
def dry_run(request: HttpRequest) -> HttpResponse:
    """Who would approve what somebody submits, and why; nothing is written."""
    key = request.GET.get("kind", "") or next(iter(KINDS), "")
    kind = _kind(key)
    asked = "submitter" in request.GET
    rows = [flow for flow in visible(ApprovalFlow, request.user) if flow.kind == key and flow.is_active]
    names = {one["field"] for flow in rows for one in flow.conditions}
    form = TrialForm(request.GET if asked else None, user=request.user, kind=kind, asked=names)
    plan = None
    if asked and form.is_valid():
        plan = queries.plan_for(kind, None, {}, form.cleaned_data["submitter"], facts=form.facts)
    users = {user.pk: user for user in visible(User, request.user)}
    steps = [
        (
            step,
            kind.named(step.name),
            [(users.get(seat.person), users.get(seat.instead_of or 0)) for seat in step.seats],
        )
        for step in (plan.steps if plan else ())
    ]
    context = {"kind": kind, "kinds": list(KINDS.values()), "form": form, "plan": plan, "steps": steps}
    return render(request, "settings/approval_trial.html", context)
