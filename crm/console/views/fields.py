"""Custom fields and the sections of record pages, for administrators."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.console.forms.fields import OPTIONS_SHOWN_WHEN, FieldForm, SectionForm
from crm.console.views.guards import administrators_only
from crm.console.views.panels import add_rule, done, form_panel
from crm.core.writes import RuleBroken, StaleVersion
from crm.events.actor import actor_of
from crm.identity.access import get_visible_or_404, visible
from crm.identity.models import Role
from crm.listing.once import once
from crm.records.models import CustomField, RecordSection, Tag
from crm.records.models.custom_field import TOP
from crm.records.queries.custom_fields import arranged, carrier, carriers
from crm.records.services import custom_fields as services


def address(model: str) -> str:
    """The page of a kind of record's fields."""
    return f"{reverse('fields')}?model={model}"


def _kind(request: HttpRequest, label: str = "") -> type[Any]:
    """The kind of record asked for, the first one without a word."""
    wanted = label or request.GET.get("model", "") or request.POST.get("model", "")
    found = carrier(wanted) if wanted else next(iter(carriers()), None)
    if found is None:
        raise Http404
    return found


def _sections(request: HttpRequest, model: type[Any]) -> Any:
    rows = visible(RecordSection, request.user).filter(model=model._meta.label_lower, position__gt=TOP)
    return rows.order_by("position", "pk")


@administrators_only
@require_GET
def fields(request: HttpRequest) -> HttpResponse:
    """The fields of a kind of record in the sections of its page; drag or move them."""
    model = _kind(request)
    label = model._meta.label_lower
    rows = list(visible(CustomField, request.user).filter(model=label))
    active = {row.name: row for row in rows if row.archived_at is None}
    entries = _entries(model, active)
    arrangement = arranged(model, entries, request.user)
    context = {
        "model": label,
        "models": [(m._meta.label_lower, capfirst(m._meta.verbose_name_plural)) for m in carriers()],
        "groups": [(section, [entries[name] for name in names]) for section, names in arrangement],
        "count": len(active),
        "archived": [row for row in rows if row.archived_at is not None],
    }
    return render(request, "settings/fields.html", context)


def _entries(model: type[Any], active: dict[str, CustomField]) -> dict[str, dict[str, Any]]:
    """Every field that has a place on the page: the record's own ones, and the custom ones."""
    own = {name: capfirst(model._meta.get_field(name).verbose_name) for name in model.page_fields}
    found = {name: {"name": name, "label": label, "field": None} for name, label in own.items()}
    return found | {name: {"name": name, "label": one.label, "field": one} for name, one in active.items()}


@administrators_only
@require_POST
def fields_arrange(request: HttpRequest) -> HttpResponse:
    """Keep the order of sections and fields as the page shows it, with one of them moved where a button asks so."""
    model = _kind(request)._meta.label_lower
    groups: list[tuple[str, list[str]]] = [("top", [])]
    for word in request.POST.getlist("order"):
        what, _colon, value = word.partition(":")
        if what == "section":
            groups.append((value, []))
        elif what == "field":
            groups[-1][1].append(value)
    moved = request.POST.get("move", "")
    _move(groups, moved)
    order = [(int(pk), names) for pk, names in groups[1:] if pk.isdecimal()]
    try:
        services.arrange(model, order, top=groups[0][1], actor=actor_of(request))
    except RuleBroken as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved."))
    # The page comes back with the focus on the very button, for the next step.
    return done(request, f"{address(model)}&{urlencode({'moved': moved})}" if moved else address(model))


def _move(groups: list[tuple[str, list[str]]], asked: str) -> None:
    """One step up or down of a field (across sections) or of a section."""
    what, _colon, rest = asked.partition(":")
    name, _colon, way = rest.rpartition(":")
    step = {"up": -1, "down": 1}.get(way)
    if step is None:
        return
    if what == "section":
        place = next((n for n, group in enumerate(groups) if group[0] == name), 0)
        if place and 1 <= place + step < len(groups):
            groups[place], groups[place + step] = groups[place + step], groups[place]
        return
    for number, (_pk, names) in enumerate(groups):
        if name in names:
            place = names.index(name)
            if 0 <= place + step < len(names):
                names[place], names[place + step] = names[place + step], names[place]
            elif 0 <= number + step < len(groups):
                names.remove(name)
                other = groups[number + step][1]
                other.insert(0 if step > 0 else len(other), name)
            return


@administrators_only
@once
def field_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add a field or change one."""
    one = get_visible_or_404(CustomField, request.user, pk, "change") if pk else None
    model = _kind(request, one.model if one else "")
    label = model._meta.label_lower
    roles = visible(Role, request.user).order_by("position", "pk")
    data = request.POST if request.method == "POST" else None
    form = FieldForm(data, model=model, sections=_sections(request, model), roles=roles, field=one)
    if request.method == "POST" and form.is_valid():
        try:
            _save(request, form, one, label)
        except StaleVersion as error:
            form.data = form.data.copy()
            form.data["version"] = str(error.current.version)
            form.add_error(None, str(error))
        except RuleBroken as error:
            _show_rule(form, error)
        else:
            messages.success(request, _("Saved."))
            return done(request, address(label))
    return _show(request, form, one, label)


def _save(request: HttpRequest, form: FieldForm, one: CustomField | None, label: str) -> None:
    actor, section = actor_of(request), form.cleaned_data["section"]
    if one is None:
        services.create_field(model=label, actor=actor, section=section, **form.values())
    else:
        expected = form.cleaned_data["version"]
        services.update_field(one, actor=actor, expected=expected, section=section, **form.values())


def _show_rule(form: FieldForm, error: RuleBroken) -> None:
    """Conditions and options have no input of their own name."""
    error.field = {"shown_when": "shown_field", "required_when": "required_field"}.get(
        error.field or "", error.field
    )
    add_rule(form, error)


def _show(request: HttpRequest, form: FieldForm, one: CustomField | None, label: str) -> HttpResponse:
    drawer = bool(request.headers.get("HX-Request"))
    context = {
        "form": form,
        "field": one,
        "model": label,
        "panel_title": _("Change the field") if one else _("New field"),
        "action": reverse("field_edit", args=[one.pk]) if one else f"{reverse('field_add')}?model={label}",
        "submit": _("Save") if one else _("Add"),
        "back": address(label),
        "colours": Tag.Colour.choices,
        "options_when": OPTIONS_SHOWN_WHEN if one is None else "",
        "archive_url": reverse("field_archive", args=[one.pk]) if one else "",
    }
    template = "settings/field_drawer.html" if drawer else "settings/field_page.html"
    return render(request, template, context, status=422 if form.errors else 200)


@administrators_only
@require_POST
def field_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a field away; its values are kept."""
    one = services.archive_field(
        get_visible_or_404(CustomField, request.user, pk, "change"), actor=actor_of(request)
    )
    messages.success(request, _("“%(name)s” is archived. Its values are kept.") % {"name": one.label})
    return done(request, address(one.model))


@administrators_only
@require_POST
def field_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring an archived field back with its values."""
    one = services.restore_field(
        get_visible_or_404(CustomField, request.user, pk, "change"), actor=actor_of(request)
    )
    messages.success(request, _("“%(name)s” is back with its values.") % {"name": one.label})
    return done(request, address(one.model))


@administrators_only
@once
def section_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add a section or rename one."""
    section = get_visible_or_404(RecordSection, request.user, pk, "change") if pk else None
    model = _kind(request, section.model if section else "")._meta.label_lower
    initial = {"label_zh": section.label_zh, "label_en": section.label_en} if section else {}
    form = SectionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            if section is None:
                services.create_section(model=model, actor=actor_of(request), **form.cleaned_data)
            else:
                services.update_section(section, actor=actor_of(request), **form.cleaned_data)
        except RuleBroken as error:
            add_rule(form, error)
        else:
            messages.success(request, _("Saved."))
            return done(request, address(model))
    return form_panel(
        request,
        form,
        title=_("Change the section") if pk else _("New section"),
        action=reverse("section_edit", args=[pk]) if pk else f"{reverse('section_add')}?model={model}",
        submit=_("Save") if pk else _("Add"),
        back=address(model),
        delete_url=reverse("section_delete", args=[pk]) if pk else "",
    )


@administrators_only
@require_POST
def section_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a section; its fields go to the top of the page."""
    section = get_visible_or_404(RecordSection, request.user, pk, "delete")
    services.delete_section(section, actor=actor_of(request))
    messages.success(request, _("Section deleted."))
    return (
        redirect(address(section.model))
        if not request.headers.get("HX-Request")
        else done(request, address(section.model))
    )
