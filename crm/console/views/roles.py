"""Roles and rights: what each role may do with each kind of record, and whose."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.console.forms.company import NewRoleForm, PolicyForm, RoleForm
from crm.console.forms.rights import FieldRightsForm
from crm.console.rights import EXTRA_KINDS, SCOPE_HELP, VERBS, kinds
from crm.console.views.guards import administrators_only, confirmed
from crm.console.views.panels import add_rule, done, form_panel
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import services
from crm.identity.access import visible
from crm.identity.fields import guarded_fields
from crm.identity.models import Role, Scope
from crm.listing.filters import listed
from crm.listing.once import once
from crm.listing.registry import page_of_model


@administrators_only
def roles(request: HttpRequest) -> HttpResponse:
    """All roles with how many people have them."""
    people = Count("user", filter=Q(user__is_active=True))
    rows = visible(Role, request.user).annotate(people=people).prefetch_related("policies")
    rows = rows.order_by("position", "pk")
    listed_kinds = [kind for kind in kinds() if kind.label not in EXTRA_KINDS and page_of_model(kind.model)]
    columns = [kind for kind in listed_kinds if kind.has_scope]
    for role in rows:
        policies = {policy.model: policy for policy in role.policies.all()}
        role.cells = [_cell(policies.get(kind.label), kind) for kind in columns]
    return render(request, "settings/roles.html", {"roles": rows, "kinds": columns})


def _cell(policy: object, kind: object) -> dict[str, Any]:
    verbs = [verb for verb in getattr(policy, "verbs", ()) if verb in kind.verbs]
    scope = Scope(policy.scope).label if verbs else ""
    return {
        "scope": str(scope),
        "reads_only": verbs == ["view"],
        "verbs": listed([str(VERBS.get(v, v)) for v in kind.verbs if v in verbs]),
    }


@administrators_only
@confirmed
@once
def role_add(request: HttpRequest) -> HttpResponse:
    """Add a role."""
    form = NewRoleForm(request.POST or None, roles=visible(Role, request.user))
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            role = services.create_role(values.pop("slug"), actor=actor_of(request), **values)
        except RuleBroken as error:
            add_rule(form, error)
        else:
            return done(request, reverse("role_edit", args=[role.slug]))
    return form_panel(
        request, form, title=_("New role"), action=reverse("role_add"), submit=_("Add"), back=reverse("roles")
    )


@administrators_only
@confirmed
def role_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """One role: its names, and per kind of record the verbs and the scope."""
    role = get_object_or_404(visible(Role, request.user), slug=slug)
    held = {policy.model: policy for policy in role.policies.all()}
    data = request.POST if request.method == "POST" else None
    form = RoleForm(data, instance=role)
    policies = []
    for kind in kinds():
        policy = held.get(kind.label)
        known = [verb for verb in policy.verbs if verb in kind.verbs] if policy else []
        initial = {"verbs": known, "scope": policy.scope if policy else Scope.OWN}
        policies.append(PolicyForm(data, kind=kind, initial=initial))
    fields = field_forms(role, data)
    forms = [form, *policies, *fields]
    if request.method == "POST" and not [one for one in forms if not one.is_valid()]:
        changed = {
            p.kind.label: (
                p.cleaned_data["verbs"],
                p.cleaned_data.get("scope") or (Scope.OWN if p.kind.has_scope else Scope.ALL),
            )
            for p in policies
            if p.has_changed()
        }
        try:
            fresh = visible(Role, request.user).get(pk=role.pk)
            services.update_role(fresh, actor=actor_of(request), **form.cleaned_data)
            if changed:
                services.save_policies(fresh, changed, actor=actor_of(request))
            levels = {key: level for one in fields for key, level in one.levels().items()}
            services.save_field_rights(fresh, levels, actor=actor_of(request))
        except RuleBroken as error:
            add_rule(form, error)
        else:
            messages.success(request, _("Saved. The new rights hold at once."))
            return redirect("role_edit", slug=slug)
    context = {
        "role": role,
        "form": form,
        "policies": policies,
        "field_forms": fields,
        "people": role.user_set.filter(is_active=True).count(),
        "scope_help": [(Scope(value).label, text) for value, text in SCOPE_HELP.items()],
    }
    wrong = any(one.errors for one in forms)
    return render(request, "settings/role.html", context, status=422 if wrong else 200)


def field_forms(role: Role, data: Any) -> list[FieldRightsForm]:
    """For each kind of record with fields that can be restricted how far the role reaches; none for administrators."""
    if role.is_administrator:
        return []
    held: dict[str, dict[str, str]] = {}
    for right in role.field_rights.all():
        held.setdefault(right.model, {})[right.field] = right.level
    models = [kind.model for kind in kinds() if guarded_fields(kind.model)]
    return [FieldRightsForm(data, model=one, held=held.get(one._meta.label_lower, {})) for one in models]


@administrators_only
@confirmed
@require_POST
def role_delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Delete a role nobody has."""
    role = get_object_or_404(visible(Role, request.user), slug=slug)
    try:
        services.delete_role(role, actor=actor_of(request))
    except RuleBroken as error:
        messages.error(request, str(error))
        return redirect("role_edit", slug=slug)
    messages.success(request, _("Role deleted."))
    return redirect("roles")
