"""How leads are shared out: rules, groups, and a dry run; for administrators. Taking up a lead is for its owner."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.console.views.guards import administrators_only
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity.access import get_visible_or_404, visible
from crm.listing.answers import by_button
from crm.listing.once import once
from crm.records.models import Industry, Region
from sales import services
from sales.forms.assignment import (
    AssignmentRuleForm,
    GroupForm,
    MemberFormSet,
    TryForm,
    chosen_members,
    member_rows,
    skills_text,
)
from sales.models import AssignmentGroup, AssignmentRule, Lead
from sales.queries.assignment import group_list, places_text, rule_list
from sales.queries.turns import explain, lead_like
from sales.services import setting_up


@administrators_only
@require_GET
def assignment(request: HttpRequest) -> HttpResponse:
    """The rules in the order in which they are asked, and the groups they lead to."""
    rules = list(rule_list())
    for rule in rules:
        rule.words = rule_words(rule)
    return render(request, "sales/assignment.html", {"rules": rules, "groups": group_list()})


def rule_words(rule: AssignmentRule) -> list[str]:
    """What a rule asks, in words."""
    labels = dict(AssignmentRule._meta.get_field("sources").base_field.choices or ())  # type: ignore[union-attr]
    found = [", ".join(str(labels.get(one, one)) for one in rule.sources)]
    found += [places_text(rule.regions), places_text(rule.industries)]
    if rule.size_from is not None or rule.size_to is not None:
        size = {"low": rule.size_from or 0, "high": rule.size_to or "…"}
        found.append(_("%(low)s to %(high)s employees") % size)
    found += [", ".join(rule.products), skills_text(rule.skills)]
    found += [str(_("Chinese") if one == "zh" else _("Other languages")) for one in rule.languages]
    return [one for one in found if one]


@administrators_only
@require_http_methods(["GET", "POST"])
@once
def rule_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Make a rule, or change one."""
    rule = get_object_or_404(visible(AssignmentRule, request.user), pk=pk) if pk else None
    form = AssignmentRuleForm(request.POST or None, user=request.user, rule=rule)
    if request.method == "POST" and form.is_valid():
        try:
            setting_up.save_assignment_rule(rule, actor=actor_of(request), **form.cleaned_data)
        except RuleBroken as error:
            form.add_rule(error)
        else:
            messages.success(request, _("Saved"))
            return redirect("assignment")
    context = {"form": form, "rule": rule}
    return render(request, "sales/assignment_rule.html", context, status=422 if form.errors else 200)


@administrators_only
@require_POST
def rule_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a rule earlier or later."""
    rule = get_object_or_404(visible(AssignmentRule, request.user), pk=pk)
    setting_up.move_assignment_rule(rule, up=request.POST.get("to") == "up", actor=actor_of(request))
    return redirect("assignment")


@administrators_only
@require_POST
def rule_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a rule away."""
    rule = get_object_or_404(visible(AssignmentRule, request.user), pk=pk)
    setting_up.delete_assignment_rule(rule, actor=actor_of(request))
    messages.success(request, _("Deleted."))
    return redirect("assignment")


@administrators_only
@require_http_methods(["GET", "POST"])
@once
def group_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Make a group with its people, or change one."""
    group = get_object_or_404(visible(AssignmentGroup, request.user), pk=pk) if pk else None
    rows = member_rows(list(group.members.select_related("user"))) if group else []
    form = GroupForm(request.POST or None, user=request.user, group=group)
    members = MemberFormSet(
        request.POST or None, prefix="members", initial=rows, form_kwargs={"user": request.user}
    )
    if request.method == "POST" and form.is_valid() and members.is_valid():
        try:
            setting_up.save_group(
                group, members=chosen_members(members), actor=actor_of(request), **form.cleaned_data
            )
        except RuleBroken as error:
            form.add_rule(error)
        else:
            messages.success(request, _("Saved"))
            return redirect("assignment")
    context = {"form": form, "members": members, "group": group}
    wrong = bool(form.errors) or (members.is_bound and not members.is_valid())
    return render(request, "sales/assignment_group.html", context, status=422 if wrong else 200)


@administrators_only
@require_POST
def group_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a group that no rule leads to."""
    group = get_object_or_404(visible(AssignmentGroup, request.user), pk=pk)
    try:
        setting_up.delete_group(group, actor=actor_of(request))
    except RuleBroken as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Deleted."))
    return redirect("assignment")


@administrators_only
@require_GET
def dry_run(request: HttpRequest) -> HttpResponse:
    """Who would get a lead now and why: one that is there, or one as it might come in."""
    wanted = request.GET.get("lead", "")
    lead: Lead | None = None
    form = TryForm(request.GET if "try" in request.GET else None, user=request.user)
    if wanted.isdecimal() and len(wanted) < 18:
        lead = get_visible_or_404(Lead, request.user, int(wanted))
    elif form.is_bound and form.is_valid():
        lead = lead_like(**_described(request, form.cleaned_data))
    context: dict[str, Any] = {"form": form, "lead": lead, "told": explain(lead) if lead else None}
    return render(request, "sales/assignment_try.html", context, status=422 if form.errors else 200)


def _described(request: HttpRequest, data: dict[str, Any]) -> dict[str, Any]:
    regions, industries = visible(Region, request.user), visible(Industry, request.user)
    return data | {
        "region": regions.filter(pk__in=data["region"]).first(),
        "industry": industries.filter(pk__in=data["industry"]).first(),
    }


@login_required
@require_POST
def lead_accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Take up a lead that was assigned to one."""
    lead = get_visible_or_404(Lead, request.user, pk, "change")

    def accept() -> Lead:
        services.accept_lead(lead, actor=actor_of(request))
        return lead

    return by_button(request, lead, accept, _("Taken up."), go=True)
