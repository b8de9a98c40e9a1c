"""What templates say of files."""

from django import template
from django.urls import reverse

from crm.records.queries.files import Held
from crm.records.rules.files import FileKind, kind_of

register = template.Library()


@register.simple_tag
def held_url(route: str, one: Held) -> str:
    """An address of a file below its record."""
    return reverse(route, kwargs=one.place)


@register.simple_tag
def file_kind(name: str) -> FileKind:
    """The kind of a file, by its name."""
    return kind_of(name)
