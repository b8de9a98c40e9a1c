"""What a new customer's form lists as filled in by itself: each value in words, and where it comes from."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from accounts.forms import QuickCustomerForm
from accounts.rules.derive import Derivation
from accounts.services.customers import derive_from
from crm.core.formats import number
from crm.identity.models import User
from crm.records.models import Region


@dataclass(frozen=True)
class Line:
    """One line of the list: the field behind its pen, the value, and why it stands there."""

    field: forms.BoundField
    text: str = ""
    why: str = ""


def derivation_of(data: QueryDict | dict[str, Any]) -> Derivation:
    """What follows from a form as far as it is typed."""
    given = {name: str(data.get(name, ""))[:300] for name in ("name", "uscc", "phone", "email")}
    person = {name: str(data.get(f"contact_{name}", ""))[:300] for name in ("phone", "email")}
    return derive_from(given, person)


def filled_in(form: QuickCustomerForm, found: Derivation, user: User) -> list[Line]:
    """The lines in their order; what somebody chose stands before what was found."""
    lines = []
    for field in form.derived:
        text = _chosen(field)
        if field.name == "owner" and not text:
            text = str(user)  # left empty, a new customer belongs to whoever enters it
        if text or field.name not in found.values:
            lines.append(Line(field, text))
        else:
            derived = found.values[field.name]
            lines.append(Line(field, _in_words(field, derived.value), derived.explanation))
    return lines


def _chosen(field: forms.BoundField) -> str:
    try:
        value = field.field.clean(field.value())
    except ValidationError:
        return ""
    if isinstance(value, Region):
        return value.full_label
    return _label(field, value)


def _label(field: forms.BoundField, value: Any) -> str:
    if value in (None, ""):
        return ""
    if isinstance(field.field, forms.TypedChoiceField | forms.ChoiceField) and not isinstance(
        field.field, forms.ModelChoiceField
    ):
        return str(dict(field.field.choices).get(value, ""))
    return number(value) if isinstance(value, int) else str(value)


def _in_words(field: forms.BoundField, value: str) -> str:
    if field.name != "region":
        return _label(field, value)
    region = field.field.queryset.filter(pk=value).first()
    return region.full_label if region else ""
