"""Custom fields and the sections of record pages: made, changed, archived and restored by administrators."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import connection, transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.locks import hold
from crm.core.pinyin import sort_key
from crm.core.text import tidy
from crm.core.writes import RuleBroken, check_version, lock, only, save_versioned
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.events.tasks import wake
from crm.identity.models import Company, Role
from crm.records.events import (
    FIELD_ARCHIVED,
    FIELD_CREATED,
    FIELD_RESTORED,
    FIELD_UPDATED,
    SECTION_CREATED,
    SECTION_DELETED,
    SECTION_UPDATED,
    SECTIONS_ARRANGED,
)
from crm.records.models import Tag
from crm.records.models.custom_field import (
    CHOOSING,
    LINKING,
    MASKABLE,
    PREFIX,
    SEARCHABLE,
    TOP,
    UNIQUE,
    CustomField,
    RecordSection,
)
from crm.records.queries.custom_fields import carrier, forget_fields, linked, spec_of
from crm.records.rules.custom_conditions import EMPTY, FILLED, OPERATORS
from crm.records.rules.custom_values import BadValue, stored

KEY = re.compile(r"[a-z][a-z0-9_]{0,29}")
OPTION_KEY = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")
ENDINGS = ("_after", "_before", "_min", "_max")  # what ranges add to a filter's name
MOST_FIELDS = 100
MOST_OPTIONS = 200
MOST_DECIMALS = 6
EDITABLE = (
    "label_zh", "label_en", "help_zh", "help_en", "required", "unique", "in_list", "in_search", "default", "options",
    "decimals", "currency", "shown_when", "required_when", "visible_to", "masked_for",
    "editable_by",
)  # fmt: skip
WORDS = {"label_zh": 40, "label_en": 40, "help_zh": 200, "help_en": 200}


@transaction.atomic
def create_field(
    *,
    model: str,
    kind: str,
    actor: Actor,
    key: str = "",
    target: str = "",
    section: Any = None,
    **values: Any,
) -> CustomField:
    """Add a field to a kind of record; without a key it gets one from its name. It is there for everybody at once."""
    only(EDITABLE, values)
    if carrier(model) is None:
        raise RuleBroken(_("This kind of record has no custom fields."), field="model")
    if kind not in CustomField.Kind.values:
        raise RuleBroken(_("There is no such kind of field."), field="kind")
    _serialise(model)
    if CustomField._base_manager.filter(model=model, archived_at__isnull=True).count() >= MOST_FIELDS:
        raise RuleBroken(_("A kind of record has at most %(count)d custom fields.") % {"count": MOST_FIELDS})
    one = CustomField(model=model, kind=kind, target=target if kind == CustomField.Kind.RECORD else "")
    one.key = _key(model, key.strip(), values)
    _put(one, values)
    _check(one)
    one.save()
    record_event(
        FIELD_CREATED,
        one,
        actor=actor,
        payload={"name": one.label, "key": one.key, "kind": kind, "model": model},
    )
    if section is not None:
        place_field(one, section, actor=actor)
    _changed()
    return one


@transaction.atomic
def update_field(
    one: CustomField, *, actor: Actor, expected: int | None = None, section: Any = ..., **values: Any
) -> CustomField:
    """Change a field; its kind and key stay. An option keeps its key, so that renaming it touches no record."""
    only(EDITABLE, values)
    one = lock(one)
    check_version(one, expected)
    was_searched = one.is_searched
    with recording(FIELD_UPDATED, one, actor=actor, payload={"name": one.label}) as draft:
        before = {name: getattr(one, name) for name in EDITABLE}
        _put(one, values)
        one.__dict__.pop("_option_map", None)
        _check(one, before)
        changed = [name for name in EDITABLE if getattr(one, name) != before[name]]
        if changed:
            if one.is_searched != was_searched:
                one.search_ready = False
                changed.append("search_ready")
            save_versioned(one, changed)
        else:
            draft.payload.clear()
    if section is not ...:
        place_field(one, section, actor=actor)
    _changed()
    return one


@transaction.atomic
def archive_field(one: CustomField, *, actor: Actor, expected: int | None = None) -> CustomField:
    """Take a field away from pages, lists, imports and the API; the records keep its values."""
    one = lock(one)
    check_version(one, expected)
    if one.archived_at is None:
        one.search_ready = not one.is_searched
        record_event(FIELD_ARCHIVED, one, actor=actor, payload={"name": one.label, "key": one.key})
        one.archived_at = timezone.now()
        save_versioned(one, ["archived_at", "search_ready"])
        _changed()
    return one


@transaction.atomic
def restore_field(one: CustomField, *, actor: Actor) -> CustomField:
    """Bring an archived field back with the values the records kept."""
    one = lock(one)
    if one.archived_at is not None:
        record_event(FIELD_RESTORED, one, actor=actor, payload={"name": one.label, "key": one.key})
        one.archived_at = None
        one.search_ready = not one.is_searched
        save_versioned(one, ["archived_at", "search_ready"])
        _changed()
    return one


# --- Sections ----------------------------------------------------------------------------------------------------


@transaction.atomic
def create_section(*, model: str, actor: Actor, label_zh: str = "", label_en: str = "") -> RecordSection:
    """Add a section to the end of a kind of record's page."""
    if carrier(model) is None:
        raise RuleBroken(_("This kind of record has no custom fields."), field="model")
    section = RecordSection(model=model, label_zh=tidy(label_zh)[:40], label_en=tidy(label_en)[:40])
    _named(section)
    last = RecordSection._base_manager.filter(model=model).aggregate(last=Max("position"))["last"]
    section.position = (last or 0) + 1
    section.save()
    record_event(SECTION_CREATED, section, actor=actor, payload={"name": section.label})
    _announce()
    return section


@transaction.atomic
def update_section(
    section: RecordSection, *, actor: Actor, label_zh: str, label_en: str, expected: int | None = None
) -> RecordSection:
    """Rename a section."""
    section = lock(section)
    check_version(section, expected)
    with recording(SECTION_UPDATED, section, actor=actor):
        section.label_zh, section.label_en = tidy(label_zh)[:40], tidy(label_en)[:40]
        _named(section)
        save_versioned(section, ["label_zh", "label_en"])
    _announce()
    return section


@transaction.atomic
def delete_section(section: RecordSection, *, actor: Actor) -> None:
    """Delete a section; its fields go back to the top of the page."""
    section = lock(section)
    record_event(SECTION_DELETED, section, actor=actor, payload={"name": section.label})
    section.delete()
    _announce()


@transaction.atomic
def arrange(
    model: str, order: Sequence[tuple[int, Sequence[str]]], *, actor: Actor, top: Sequence[str] = ()
) -> None:
    """Set the order of a page's sections, and which fields stand in each: those at the top, then (section, fields)."""
    kind = carrier(model)
    if kind is None:
        raise RuleBroken(_("This kind of record has no custom fields."), field="model")
    first, _made = RecordSection._base_manager.get_or_create(model=model, position=TOP)
    rows = RecordSection._base_manager.select_for_update().filter(model=model)
    sections = {one.pk: one for one in rows}
    if {pk for pk, _names in order} != set(sections) - {first.pk}:
        raise RuleBroken(_("The sections have changed meanwhile. Load the page again."))
    known = {f.name for f in kind._meta.get_fields()} | {
        PREFIX + key for key in CustomField._base_manager.filter(model=model).values_list("key", flat=True)
    }
    seen: set[str] = set()
    for position, (pk, names) in enumerate([(first.pk, top), *order]):
        kept = [name for name in dict.fromkeys(names) if name in known and name not in seen]
        seen |= set(kept)
        section = sections[pk]
        if (section.position, section.fields) != (position, kept):
            section.position, section.fields = position, kept
            save_versioned(section, ["position", "fields"])
    record_event(SECTIONS_ARRANGED, first, actor=actor, payload={"model": model})
    _announce()


def place_field(one: CustomField, section: RecordSection | int | None, *, actor: Actor) -> None:
    """Put a field at the end of a section, or back to the top of the page."""
    pk = section.pk if isinstance(section, RecordSection) else section
    rows = list(RecordSection._base_manager.select_for_update().filter(model=one.model))
    if pk is not None and pk not in {row.pk for row in rows if row.position != TOP}:
        raise RuleBroken(_("There is no such section."), field="section")
    for row in rows:
        inside = one.name in row.fields
        if inside != (row.pk == pk):
            row.fields = [name for name in row.fields if name != one.name] + (
                [one.name] if row.pk == pk else []
            )
            save_versioned(row, ["fields"])
    _announce()


# --- Checks ------------------------------------------------------------------------------------------------------


def _put(one: CustomField, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name in WORDS:
            value = tidy(value)
            if len(value) > WORDS[name]:
                raise RuleBroken(_("At most %(count)d characters.") % {"count": WORDS[name]}, field=name)
        if name == "options":
            value = _options(value)
        setattr(one, name, value)


def _check(one: CustomField, before: Mapping[str, Any] | None = None) -> None:
    """What cannot be true of a field at the same time."""
    if not one.label_zh and not one.label_en:
        raise RuleBroken(_("Give the field a name."), field="label_zh")
    if one.kind in CHOOSING and not [option for option in one.options if not option.get("retired")]:
        raise RuleBroken(_("Add at least one option."), field="options")
    if one.kind not in CHOOSING and one.options:
        raise RuleBroken(_("Only choices have options."), field="options")
    if before and (gone := {o["key"] for o in before["options"]} - {o["key"] for o in one.options}):
        one.options = [*one.options, *({**o, "retired": True} for o in before["options"] if o["key"] in gone)]
    if one.kind == CustomField.Kind.RECORD and carrier(one.target) is None:
        raise RuleBroken(_("Choose the kind of record to link to."), field="target")
    if not 0 <= int(one.decimals) <= MOST_DECIMALS:
        raise RuleBroken(_("0 to %(count)d decimal places.") % {"count": MOST_DECIMALS}, field="decimals")
    if not re.fullmatch(r"[A-Z]{3}", one.currency):
        raise RuleBroken(_("A currency has three capital letters, such as CNY."), field="currency")
    if one.unique and one.kind not in UNIQUE:
        raise RuleBroken(_("Values of this kind cannot be kept unique."), field="unique")
    if one.unique and not (before or {}).get("unique") and _has_doubles(one):
        raise RuleBroken(_("Some records have the same value already. Mend them first."), field="unique")
    if one.in_search and one.kind not in SEARCHABLE:
        raise RuleBroken(_("The search does not look into this kind of field."), field="in_search")
    _check_roles(one)
    _check_default(one)
    _check_conditions(one)


def _check_roles(one: CustomField) -> None:
    known = set(Role._base_manager.values_list("slug", flat=True))
    for name in ("visible_to", "masked_for", "editable_by"):
        if set(getattr(one, name)) - known:
            raise RuleBroken(_("There is no such role."), field=name)
    limited = one.visible_to or one.masked_for or one.editable_by
    if one.masked_for and one.kind not in MASKABLE:
        raise RuleBroken(_("Only texts can be shown in part."), field="masked_for")
    if one.visible_to and set(one.masked_for) - set(one.visible_to):
        raise RuleBroken(_("Who sees a field in part has to see it."), field="masked_for")
    if set(one.masked_for) & set(one.editable_by):
        raise RuleBroken(_("Who edits a field has to see it whole."), field="masked_for")
    if one.visible_to and set(one.editable_by) - set(one.visible_to):
        raise RuleBroken(_("Who edits a field has to see it."), field="editable_by")
    if limited and (one.required or one.required_when) and one.default is None:
        raise RuleBroken(
            _("Not everybody may fill in this field, so it can only be required with a default."),
            field="required",
        )


def _check_default(one: CustomField) -> None:
    if one.default in (None, ""):
        one.default = None
        return
    if one.unique:
        raise RuleBroken(_("A field that no two records share cannot have a default."), field="default")
    try:
        one.default = stored(spec_of(one), one.default)
    except BadValue as error:
        raise RuleBroken(str(error), field="default") from error
    if one.kind in LINKING and not linked(one, [one.default]):
        raise RuleBroken(_("There is no such record."), field="default")


def _check_conditions(one: CustomField) -> None:
    for name in ("shown_when", "required_when"):
        condition = getattr(one, name)
        if not condition:
            setattr(one, name, None)
            continue
        if not isinstance(condition, Mapping) or condition.get("operator") not in OPERATORS:
            raise RuleBroken(_("This condition cannot be read."), field=name)
        if condition.get("field") == one.name or not _is_field(one.model, str(condition.get("field"))):
            raise RuleBroken(_("The condition has to look at another field."), field=name)
        values = [str(value)[:100] for value in condition.get("values") or ()][:50]
        if condition["operator"] not in (FILLED, EMPTY) and not values:
            raise RuleBroken(_("Say which value the condition waits for."), field=name)
        setattr(one, name, {"field": condition["field"], "operator": condition["operator"], "values": values})


def _is_field(model: str, name: str) -> bool:
    if name.startswith(PREFIX):
        return CustomField._base_manager.filter(model=model, key=name.removeprefix(PREFIX)).exists()
    kind = carrier(model)
    try:
        return kind is not None and bool(kind._meta.get_field(name).concrete)
    except FieldDoesNotExist:
        return False


def _options(given: Any) -> list[dict[str, Any]]:
    """Options as they are kept: a stable key each, names in both languages, a colour, whether they are retired."""
    if not isinstance(given, list | tuple) or len(given) > MOST_OPTIONS:
        raise RuleBroken(
            _("Give a list of at most %(count)d options.") % {"count": MOST_OPTIONS}, field="options"
        )
    found: dict[str, dict[str, Any]] = {}
    for number, option in enumerate(given, start=1):
        option = {"label_zh": option} if isinstance(option, str) else option
        if not isinstance(option, Mapping):
            raise RuleBroken(_("An option has a name in Chinese or English."), field="options")
        zh, en = tidy(option.get("label_zh", ""))[:40], tidy(option.get("label_en", ""))[:40]
        if not zh and not en:
            raise RuleBroken(_("An option has a name in Chinese or English."), field="options")
        key = str(option.get("key") or "") or _option_key(zh, en, number, found)
        if not OPTION_KEY.fullmatch(key):
            raise RuleBroken(_("Keys are small letters, digits and _."), field="options")
        if key in found:
            raise RuleBroken(_("Two options have the key %(key)s.") % {"key": key}, field="options")
        colour = option.get("colour") or Tag.Colour.GREY
        if colour not in Tag.Colour.values:
            raise RuleBroken(_("There is no such colour."), field="options")
        found[key] = {"key": key, "label_zh": zh, "label_en": en, "colour": str(colour)}
        if option.get("retired"):
            found[key]["retired"] = True
    return list(found.values())


def _option_key(zh: str, en: str, number: int, taken: Mapping[str, Any]) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", (en or sort_key(zh)).lower()).strip("_")[:30] or f"option_{number}"
    return base if base not in taken else f"{base}_{number}"


def _key(model: str, key: str, values: Mapping[str, Any]) -> str:
    """The key given, or one made of the name; archived fields keep theirs."""
    taken = set(CustomField._base_manager.filter(model=model).values_list("key", flat=True))
    if not key:
        words = str(values.get("label_en") or sort_key(str(values.get("label_zh", ""))))
        base = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")[:24].strip("_")
        base = base if base[:1].isalpha() else f"field_{base}".strip("_")
        base = f"{base}_value" if base.endswith(ENDINGS) else base
        key, number = base, 2
        while key in taken:
            key, number = f"{base}_{number}", number + 1
    if not KEY.fullmatch(key) or key.endswith(ENDINGS):
        raise RuleBroken(
            _("A key begins with a small letter and holds small letters, digits and _."), field="key"
        )
    if key in taken:
        raise RuleBroken(
            _("There is a field with this key already, perhaps among the archived ones."),
            field="key",
            code="unique",
        )
    return key


def _has_doubles(one: CustomField) -> bool:
    kind = carrier(one.model)
    if one.pk is None or kind is None:
        return False
    table = connection.ops.quote_name(kind._meta.db_table)
    alive = " AND deleted_at IS NULL" if any(f.name == "deleted_at" for f in kind._meta.fields) else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {table} WHERE jsonb_exists(custom, %s){alive} GROUP BY custom->>%s HAVING count(*) > 1 LIMIT 1",  # noqa: S608
            [one.key, one.key],
        )
        return cursor.fetchone() is not None


def _named(section: RecordSection) -> None:
    if not section.label_zh and not section.label_en:
        raise RuleBroken(_("Give the section a name."), field="label_zh")


# --- Telling everybody -------------------------------------------------------------------------------------------


def _serialise(model: str) -> None:
    """Two administrators add fields one after the other."""
    hold(f"custom-fields:{model}")


def _announce() -> None:
    """Every process reads the definitions anew: the number of the last change travels with whoever asks."""
    company, _made = Company._base_manager.get_or_create(pk=1)
    Company._base_manager.filter(pk=company.pk).update(fields_version=F("fields_version") + 1)
    forget_fields()
    transaction.on_commit(forget_fields)


def _changed() -> None:
    """Everybody reads anew; indexes and search follow in the background."""
    from crm.records.tasks import follow_fields

    _announce()
    transaction.on_commit(lambda: wake(follow_fields))


__all__ = [
    "EDITABLE",
    "archive_field",
    "arrange",
    "create_field",
    "create_section",
    "delete_section",
    "place_field",
    "restore_field",
    "update_field",
    "update_section",
]
