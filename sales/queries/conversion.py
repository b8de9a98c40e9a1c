"""What a conversion can take over: the fields of a lead, those of what it becomes, and what an administrator chose."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import translation
from django.utils.text import capfirst

from accounts.models import Contact, Customer
from crm.records.models.custom_field import PREFIX
from crm.records.queries.custom_fields import fields_of
from sales.models import ConversionField, Lead, Opportunity
from sales.rules.conversion import fits

Target = ConversionField.Target
KINDS = {
    "phone": "phone", "email": "email", "website": "link", "industry": "industry", "region": "region",
    "source": "source", "last_source": "source",
}  # fmt: skip
OF_LEAD = (
    "company", "title", "phone", "email", "wechat", "website", "industry", "region", "size", "source", "last_source",
    "channel", "campaign", "need", "budget", "decides", "expected_at", "score", "external_id",
)  # fmt: skip
INTO: Mapping[str, tuple[type[models.Model], tuple[str, ...]]] = {
    Target.CUSTOMER: (
        Customer,
        (
            "phone", "email", "website", "address", "industry", "region", "size", "source", "source_detail",
            "external_id",
        ),
    ),
    Target.CONTACT: (Contact, ("title", "department", "phone", "email", "wechat", "external_id")),
    Target.OPPORTUNITY: (
        Opportunity,
        ("amount", "expected_close_date", "need", "source", "campaign", "competitor", "external_id"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class MappedField:
    """A field by its name, what it is called, and the kind of its values."""

    name: str
    label: str
    kind: str


def lead_fields() -> list[MappedField]:
    """The fields of a lead that a conversion can take over."""
    return _fields(Lead, OF_LEAD)


def target_fields(target: str) -> list[MappedField]:
    """The fields of what a lead becomes that a conversion can fill; names are always taken over."""
    model, names = INTO[target]
    return _fields(model, names)


def mapping() -> list[ConversionField]:
    """What an administrator chose, without fields that are gone since."""
    sources = {one.name: one.kind for one in lead_fields()}
    there = {target: {one.name: one.kind for one in target_fields(target)} for target in Target.values}
    rows = ConversionField.objects.all()
    return [
        row
        for row in rows
        if row.source in sources
        and row.field in there[row.target]
        and fits(sources[row.source], there[row.target][row.field])
    ]


def taken_over(lead: Lead) -> dict[str, dict[str, Any]]:
    """The values a lead hands on, by what it becomes; custom ones under `custom`. Empty ones are left out."""
    kinds = {one.name: one.kind for one in lead_fields()}
    into = {t: {one.name: one for one in target_fields(t)} for t in Target.values}
    found: dict[str, dict[str, Any]] = {target: {} for target in Target.values}
    for row in mapping():
        target = into[row.target][row.field]
        value = _value(lead, row.source, kinds[row.source], target, INTO[row.target][0])
        if value in (None, "", []):
            continue
        if target.name.startswith(PREFIX):
            found[row.target].setdefault("custom", {})[target.name.removeprefix(PREFIX)] = value
        else:
            found[row.target][target.name] = value
    return found


def _fields(model: type[models.Model], names: Iterable[str]) -> list[MappedField]:
    own = [_built_in(model, name) for name in names]
    custom = fields_of(model).values()  # type: ignore[arg-type]
    return own + [MappedField(one.name, one.label, one.kind) for one in custom]


def _built_in(model: type[models.Model], name: str) -> MappedField:
    field = model._meta.get_field(name)
    kind = KINDS.get(name, "")
    if not kind:
        match field:
            case models.BooleanField():
                kind = "boolean"
            case models.DecimalField():
                kind = "number" if name == "score" else "money"
            case models.IntegerField():
                kind = "number"
            case models.DateField():
                kind = "date"
            case models.TextField():
                kind = "long_text"
            case _:
                kind = "text"
    return MappedField(name, capfirst(str(field.verbose_name)), kind)


def _value(lead: Lead, name: str, kind: str, target: MappedField, model: type[models.Model]) -> Any:
    value = lead.custom.get(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else getattr(lead, name)
    if value in (None, ""):
        return None
    if target.kind in ("text", "long_text") and kind not in ("text", "long_text", "link", "phone", "email"):
        return _worded(lead, name, kind, value)
    if target.kind == "text":
        return str(value)[: _longest(model, target.name)]
    if target.kind in ("choice", "multi_choice"):
        return _offered(model, target.name, value)
    return value


def _worded(lead: Lead, name: str, kind: str, value: Any) -> str:
    """A value as a text, in the language of whoever converts."""
    if kind == "choice":
        return fields_of(Lead)[name.removeprefix(PREFIX)].option_label(value)
    if kind == "source":
        return str(getattr(lead, f"get_{name}_display")())
    if kind == "boolean":
        return translation.gettext("yes") if value else translation.gettext("no")
    return str(value)


def _offered(model: type[models.Model], name: str, value: Any) -> Any:
    """An option (or several) as far as the other field has it as well."""
    options = fields_of(model)[name.removeprefix(PREFIX)].option_map  # type: ignore[arg-type]
    if isinstance(value, list):
        return [one for one in value if one in options]
    return value if value in options else None


def _longest(model: type[models.Model], name: str) -> int:
    if name.startswith(PREFIX):
        return 200
    return model._meta.get_field(name).max_length or 200
