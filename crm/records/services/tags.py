"""Tags: made, changed and deleted as rows of their own; putting them on records is the owning app's business."""

from contextlib import AbstractContextManager
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.core.pinyin import sort_key
from crm.core.text import tidy
from crm.core.writes import RuleBroken, lock, only, without_double
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.records.events import TAG_CREATED, TAG_DELETED, TAG_UPDATED
from crm.records.models import Tag

MAX_NAME = 40
EDITABLE = ("name", "group", "colour", "expiry_date", "is_active")


def _named_once() -> AbstractContextManager[None]:
    return without_double(name=_("There is a tag of this name already."))


def _name(text: str) -> str:
    name = tidy(text)
    if not name:
        raise RuleBroken(_("A tag needs a name."), code="required", field="name")
    if len(name) > MAX_NAME:
        raise RuleBroken(_("A tag has at most 40 characters."), code="long", field="name")
    return name


@transaction.atomic
def create_tag(
    name: str, *, actor: Actor, group: str = "", colour: str = Tag.Colour.GREY, expiry_date: Any = None
) -> Tag:
    """Add a tag; two tags never differ by upper and lower case alone."""
    tag = Tag(name=_name(name), group=tidy(group), colour=colour, expiry_date=expiry_date)
    tag.name_sort = sort_key(tag.name)
    with _named_once():
        tag.save()
    record_event(TAG_CREATED, tag, actor=actor, payload={"name": tag.name})
    return tag


@transaction.atomic
def update_tag(tag: Tag, *, actor: Actor, **values: Any) -> Tag:
    """Change a tag's name, group, colour, expiry or whether it is in use; records that carry it keep it."""
    only(EDITABLE, values)
    tag = lock(tag)
    with recording(TAG_UPDATED, tag, actor=actor), _named_once():
        for field, value in values.items():
            setattr(tag, field, value)
        tag.name, tag.group = _name(tag.name), tidy(tag.group)
        tag.name_sort = sort_key(tag.name)
        tag.save()
    return tag


@transaction.atomic
def delete_tag(tag: Tag, *, actor: Actor) -> None:
    """Delete a tag and take it off every record that carries it."""
    tag = lock(tag)
    record_event(TAG_DELETED, tag, actor=actor, payload={"name": tag.name})
    tag.delete()
