"""Pools and their recycling rules, set up by administrators."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.console.views.guards import administrators_only
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity.access import visible
from crm.identity.services import pool_members
from crm.listing.once import once
from sales import services
from sales.forms.pools import PoolForm, RuleForm
from sales.models import Pool, RecycleRule
from sales.queries.pools import pool_list, pool_overview
from sales.queries.recycling import preview


@administrators_only
@require_GET
def pools(request: HttpRequest) -> HttpResponse:
    """All pools with what lies in them, their members and rules."""
    rows = pool_overview(request.user)
    for row in rows:
        row.pool.people = len(pool_members(row.pool.team))
        row.pool.rules_on = sum(rule.is_on for rule in row.pool.rules.all())
    return render(request, "sales/settings_pools.html", {"pools": rows})


@administrators_only
@require_http_methods(["GET", "POST"])
@once
def pool_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Open a pool, or change one."""
    pool = get_object_or_404(pool_list(), pk=pk) if pk else None
    members = pool_members(pool.team) if pool else []
    form = PoolForm(request.POST or None, user=request.user, pool=pool, members=members)
    if request.method == "POST" and form.is_valid():
        values: dict[str, Any] = dict(form.cleaned_data)
        try:
            if pool is None:
                name = values.pop("name")
                pool = services.create_pool(name, actor=actor_of(request), **values)
            else:
                pool = services.update_pool(pool, actor=actor_of(request), **values)
        except RuleBroken as error:
            form.add_rule(error)
        else:
            messages.success(request, _("Saved"))
            return redirect("pools_edit", pk=pool.pk)
    rules = [*pool.rules.order_by("kind", "ground")] if pool else []
    context = {"form": form, "pool": pool, "rules": rules, "members": members}
    return render(request, "sales/settings_pool.html", context, status=422 if form.errors else 200)


@administrators_only
@require_POST
def pool_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an empty pool."""
    try:
        services.delete_pool(get_object_or_404(pool_list(), pk=pk), actor=actor_of(request))
    except RuleBroken as error:
        messages.error(request, str(error))
        return redirect("pools_edit", pk=pk)
    messages.success(request, _("Deleted."))
    return redirect("pools")


@administrators_only
@require_http_methods(["GET", "POST"])
@once
def rule_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a recycling rule to a pool; it is off until its preview was seen."""
    return _rule_form(request, get_object_or_404(pool_list(), pk=pk), None)


@administrators_only
@require_http_methods(["GET", "POST"])
def rule_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a recycling rule; it holds as changed from tomorrow."""
    rule = _rule(request, pk)
    return _rule_form(request, rule.pool, rule)


@administrators_only
@require_GET
def rule_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom a rule would take today, and the switch."""
    rule = _rule(request, pk)
    context = {"rule": rule, "pool": rule.pool, "preview": preview(rule)}
    return render(request, "sales/settings_rule.html", context)


@administrators_only
@require_POST
def rule_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a rule on from tomorrow, as seen in its preview, or off."""
    rule, seen = _rule(request, pk), request.POST.get("seen", "")
    on = request.POST.get("do") == "on"
    count = int(seen) if seen.isdecimal() and len(seen) < 12 else None
    try:
        services.switch_rule(rule, on=on, seen=count, actor=actor_of(request))
    except RuleBroken as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The rule holds from tomorrow.") if on else _("The rule is off."))
    return redirect("pools_rule", pk=rule.pk)


@administrators_only
@require_POST
def rule_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a rule away."""
    rule = _rule(request, pk)
    services.delete_rule(rule, actor=actor_of(request))
    messages.success(request, _("Deleted."))
    return redirect("pools_edit", pk=rule.pool_id)


def _rule(request: HttpRequest, pk: int) -> RecycleRule:
    return get_object_or_404(visible(RecycleRule, request.user).select_related("pool__team"), pk=pk)


def _rule_form(request: HttpRequest, pool: Pool, rule: RecycleRule | None) -> HttpResponse:
    initial = (
        {name: getattr(rule, name) for name in ("kind", "ground", "days", "working_days")} if rule else None
    )
    form = RuleForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_rule(pool, rule=rule, actor=actor_of(request), **form.cleaned_data)
        except RuleBroken as error:
            form.add_rule(error)
        else:
            return redirect("pools_rule", pk=saved.pk)
    context = {"form": form, "pool": pool, "rule": rule}
    return render(request, "sales/settings_rule_form.html", context, status=422 if form.errors else 200)
