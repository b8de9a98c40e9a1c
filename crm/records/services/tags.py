"""Tags: made, changed and deleted as rows of their own; putting them on records is the owning app's business."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.core.pinyin import sort_key
from crm.core.text import tidy
from crm.core.writes import RuleBroken, lock
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.records.events import TAG_CREATED, TAG_DELETED, TAG_UPDATED
from crm.records.models import Tag

MAX_NAME = 40


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
    try:
        with transaction.atomic():
            tag.save()
    except IntegrityError as error:
        raise RuleBroken(_("There is a tag of this name already."), code="unique", field="name") from error
    record_event(TAG_CREATED, tag, actor=actor, payload={"name": tag.name})
    return tag


@transaction.atomic
def update_tag(tag: Tag, *, actor: Actor, **values: Any) -> Tag:
    """Change a tag's name, group, colour, expiry or whether it is in use; records that carry it keep it."""
    tag = lock(tag)
    if "name" in values:
        values["name"] = _name(values["name"])
    with recording(TAG_UPDATED, tag, actor=actor):
        for field, value in values.items():
            setattr(tag, field, value)
        tag.name_sort = sort_key(tag.name)
        try:
            with transaction.atomic():
                tag.save()
        except IntegrityError as error:
            raise RuleBroken(
                _("There is a tag of this name already."), code="unique", field="name"
            ) from error
    return tag


@transaction.atomic
def delete_tag(tag: Tag, *, actor: Actor) -> None:
    """Delete a tag and take it off every record that carries it."""
    tag = lock(tag)
    record_event(TAG_DELETED, tag, actor=actor, payload={"name": tag.name})
    tag.delete()
