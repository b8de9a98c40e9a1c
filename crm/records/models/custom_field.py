"""Fields that an administrator adds to a kind of record, and how its page is divided into sections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from crm.core.masking import mask
from crm.core.money import BASE_CURRENCY
from crm.core.writes import Versioned
from crm.identity.policies import Everyone

if TYPE_CHECKING:
    from crm.identity.models import User

PREFIX = "cf_"
"""How a custom field is called wherever fields are named (columns, filters, forms, imports): `cf_` and its key."""


def in_language(zh: str, en: str) -> str:
    """The text of the reader's language; where it was not written, the other one."""
    return (zh or en) if (get_language() or "").startswith("zh") else (en or zh)


class CustomField(Versioned):
    """A field an administrator added to a kind of record; its values lie in the record's `custom`, under its key.

    Kind and key never change, so that values, indexes and integrations stay what they are. A field that is no longer
    wanted is archived: its values are kept and come back with it.
    """

    class Kind(models.TextChoices):
        TEXT = "text", pgettext_lazy("kind of field", "Text")
        LONG_TEXT = "long_text", _("Long text")
        NUMBER = "number", _("Number")
        MONEY = "money", _("Money")
        DATE = "date", _("Date")
        TIME = "time", _("Time of day")
        DATETIME = "datetime", _("Date and time")
        CHOICE = "choice", _("Choice")
        MULTI_CHOICE = "multi_choice", _("Multiple choice")
        BOOLEAN = "boolean", _("Yes or no")
        LINK = "link", _("Link")
        PHONE = "phone", _("Phone")
        EMAIL = "email", _("E-mail")
        USER = "user", _("Colleague")
        RECORD = "record", _("Record")

    model = models.CharField(_("kind of record"), max_length=60)
    key = models.CharField(_("key"), max_length=30)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    label_zh = models.CharField(_("Chinese name"), max_length=40, blank=True)
    label_en = models.CharField(_("English name"), max_length=40, blank=True)
    help_zh = models.CharField(_("Chinese help text"), max_length=200, blank=True)
    help_en = models.CharField(_("English help text"), max_length=200, blank=True)
    required = models.BooleanField(_("required"), default=False)
    unique = models.BooleanField(_("no two records alike"), default=False)
    in_list = models.BooleanField(_("shown in lists from the start"), default=False)
    in_search = models.BooleanField(_("found by the search"), default=False)
    default = models.JSONField(_("default"), null=True, blank=True)
    options = models.JSONField(_("options"), default=list, blank=True)
    decimals = models.PositiveSmallIntegerField(_("decimal places"), default=2)
    currency = models.CharField(_("currency"), max_length=3, default=BASE_CURRENCY)
    target = models.CharField(_("kind of the linked record"), max_length=60, blank=True)
    shown_when = models.JSONField(_("shown only when"), null=True, blank=True)
    required_when = models.JSONField(_("required when"), null=True, blank=True)
    visible_to = ArrayField(
        models.CharField(max_length=50), default=list, blank=True, verbose_name=_("seen by the roles")
    )
    editable_by = ArrayField(
        models.CharField(max_length=50), default=list, blank=True, verbose_name=_("edited by the roles")
    )
    masked_for = ArrayField(
        models.CharField(max_length=50), default=list, blank=True, verbose_name=_("seen in part by the roles")
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    search_ready = models.BooleanField(default=True, editable=False)
    index_built = models.CharField(max_length=64, blank=True, editable=False)

    access = Everyone()
    unrecorded_fields = ("search_ready", "index_built")

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        ordering = ["model", "id"]
        constraints = [models.UniqueConstraint(fields=["model", "key"], name="custom_field_key_once")]

    def __str__(self) -> str:
        return self.label

    @property
    def name(self) -> str:
        """What it is called among the record's fields."""
        return PREFIX + self.key

    @property
    def label(self) -> str:
        """Its name in the reader's language."""
        return in_language(self.label_zh, self.label_en) or self.key

    @property
    def help(self) -> str:
        """What it is for, in the reader's language."""
        return in_language(self.help_zh, self.help_en)

    @property
    def option_map(self) -> dict[str, dict[str, Any]]:
        """The options by key, in their order, those no longer offered among them."""
        if "_option_map" not in self.__dict__:
            self.__dict__["_option_map"] = {one["key"]: one for one in self.options}
        return self.__dict__["_option_map"]

    def option_label(self, key: object) -> str:
        """An option in the reader's language; one that is gone reads as its key."""
        option = self.option_map.get(str(key))
        label = in_language(option.get("label_zh", ""), option.get("label_en", "")) if option else ""
        return label or str(key)

    @property
    def offered(self) -> list[tuple[str, str]]:
        """The options one can choose now: (key, label)."""
        return [
            (key, self.option_label(key)) for key, one in self.option_map.items() if not one.get("retired")
        ]

    @property
    def is_personal(self) -> bool:
        """Whether its values are about a person, or not for everybody: logs and exports treat them apart."""
        return self.kind in (self.Kind.PHONE, self.Kind.EMAIL) or bool(self.visible_to or self.masked_for)

    @property
    def is_searched(self) -> bool:
        """Whether its values go into the search index: only what everybody who sees the record may read."""
        limited = self.visible_to or self.masked_for
        return self.in_search and self.archived_at is None and not limited and self.kind in SEARCHABLE

    @property
    def is_sortable(self) -> bool:
        """Whether its values have an order that means something."""
        return self.kind in SORTABLE


TOP = 0  # the position of the section without a heading
Kind = CustomField.Kind
CHOOSING = {Kind.CHOICE, Kind.MULTI_CHOICE}
LINKING = {Kind.USER, Kind.RECORD}
SEARCHABLE = {Kind.TEXT, Kind.NUMBER, Kind.LINK, Kind.PHONE, Kind.EMAIL}
SORTABLE = {
    Kind.TEXT, Kind.NUMBER, Kind.MONEY, Kind.DATE, Kind.TIME, Kind.DATETIME, Kind.CHOICE, Kind.BOOLEAN,
    Kind.PHONE, Kind.EMAIL, Kind.LINK,
}  # fmt: skip
MASKABLE = {Kind.TEXT, Kind.LONG_TEXT, Kind.LINK, Kind.PHONE, Kind.EMAIL}
UNIQUE = {Kind.TEXT, Kind.NUMBER, Kind.LINK, Kind.PHONE, Kind.EMAIL}


class RecordSection(Versioned):
    """A section of a kind of record's page and form: its heading and the fields in it, in their order.

    Fields are named as everywhere (`cf_…` for custom ones); a field stands in one section at most. The first one, without
    a heading, is the top of the page, where fields that stand in no section follow those it names.
    """

    model = models.CharField(_("kind of record"), max_length=60)
    label_zh = models.CharField(_("Chinese name"), max_length=40, blank=True)
    label_en = models.CharField(_("English name"), max_length=40, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    fields = ArrayField(models.CharField(max_length=60), default=list, blank=True, verbose_name=_("fields"))

    access = Everyone()

    class Meta:
        verbose_name = _("section of a record")
        verbose_name_plural = _("sections of records")
        ordering = ["model", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["model"], condition=models.Q(position=0), name="record_top_once")
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """Its heading in the reader's language."""
        return in_language(self.label_zh, self.label_en)


class CustomFields(models.Model):
    """A record that can carry fields an administrator added: their values by key, as `rules.custom_values` stores them.

    The model declares `custom_index("customer")` in its Meta; its services settle `custom` through
    `services.custom_values.settle`, and its `search_values()` end in `custom_words(self)`.
    """

    custom = models.JSONField(_("custom fields"), default=dict, blank=True, editable=False)

    page_fields: tuple[str, ...] = ()  # its own fields that administrators may move between sections

    class Meta:
        abstract = True

    @property
    def private_fields(self) -> set[str]:
        """Names of values that stand apart in the event log."""
        from crm.records.queries.custom_fields import fields_of

        return {one.name for one in fields_of(type(self)).values() if one.is_personal}

    def shield_parts(self, user: User) -> None:
        """Show a person the custom values they see in part only in part; for records that are shown, not for those saved."""
        from crm.records.field_access import masked

        keys = masked(user, type(self)).keys() & (self.custom or {}).keys()
        if keys:
            self.custom = self.custom | {key: mask(self.custom[key]) for key in keys}

    def hush_parts(self) -> None:
        """Cover the custom values by which one reaches whom the record is about, for records shown from a pool."""
        from crm.records.queries.custom_fields import fields_of

        kinds = {CustomField.Kind.PHONE, CustomField.Kind.EMAIL}
        keys = [key for key, one in fields_of(type(self)).items() if one.kind in kinds]
        self.custom = self.custom | {
            key: mask(self.custom[key]) for key in keys if (self.custom or {}).get(key)
        }

    def recorded_parts(self) -> Mapping[str, Any]:
        """Its custom values one by one, as the event log compares them."""
        return {PREFIX + key: value for key, value in (self.custom or {}).items()}

    def recorded_value(self, name: str, value: Any) -> Any:
        """A custom value as the event log keeps it: a colleague or a record with the name it had at the time."""
        from crm.records.queries.custom_fields import fields_of, names_of

        field = fields_of(type(self)).get(name.removeprefix(PREFIX))
        if field is None or field.kind not in LINKING or value is None:
            return value
        return {"id": value, "label": names_of(field, [value]).get(value, str(value))}
