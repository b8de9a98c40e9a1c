"""What can be imported, declared as a django-import-export resource.

A resource names its columns (label, synonyms, widget, what their cells look like), the keys by which a row meets an
existing record, and how rows are written set-based. Everything between the file and those writes (reading, mapping,
checking, staging, accounting for every row) is done by this package for all resources alike.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from import_export import fields, resources

from crm.core.text import fold
from crm.events.actor import Actor
from crm.identity import access
from crm.identity.fields import may_edit
from crm.listing.custom import importing as custom

from .mapping import Target
from .people import People
from .widgets import CellError, DateWidget, MomentWidget, days_come_first, in_every_language

if TYPE_CHECKING:
    from crm.identity.models import User
    from crm.records.models import ImportJob

Label = str | Promise
BLANK = frozenset(
    {"", "-", "--", "—", "——", "/", "\\", "n/a", "null", "none", "nan", "(blank)", "无", "暂无", "空"}
)
FORMULA_ERRORS = ("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
REMEMBERED = 5_000
UNITS = (("亿", 100_000_000), ("百万", 1_000_000), ("万", 10_000), ("千", 1_000))


class Column(fields.Field):
    """A field that can be imported: its label, the names it has in other people's sheets, how cells are read."""

    def __init__(
        self,
        attribute: str | None = None,
        *,
        label: Label,
        synonyms: str = "",
        widget: Any = None,
        required: bool = False,
        content: Callable[[str], bool] | None = None,
        speaks: bool = False,
        example: Label = "",
        note: Label = "",
        choices: Sequence[Label] = (),
    ):
        super().__init__(attribute=attribute, widget=widget)
        self.label = label
        self.synonyms = tuple(filter(None, synonyms.split("|")))
        self.required = required
        self.content = content
        self.speaks = speaks
        self.example = example
        self.note = note
        self.choices = choices


@dataclass(frozen=True)
class Key:
    """A way to recognise an existing record: the cleaned field it reads and how two spellings become equal."""

    name: str
    label: Label
    normalise: Callable[[Any], str] = fold


@dataclass(slots=True)
class StagedRow:
    """One row between file and record."""

    id: int | None
    number: int
    cells: list[str]
    cleaned: dict[str, Any]
    errors: list[dict[str, str]] = field(default_factory=list)
    key: str = ""
    outcome: str = ""
    target_id: int | None = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)  # what the resource needs to undo the row
    undone: str = ""
    leader: int | None = None  # the earlier row of the same record that this one adds to
    suspects: list[dict[str, Any]] = field(default_factory=list)  # records it may be already
    fills: bool = False  # only what is empty in the record is filled

    def fail(self, code: str, message: str, header: str = "", name: str = "") -> None:
        """This row will not be written, and why."""
        self.outcome = "failed"
        self.errors.append({"column": header, "field": name, "code": code, "message": message})

    def note(self, code: str, message: str, header: str = "") -> None:
        """Something worth knowing about a row that was written."""
        self.errors.append({"column": header, "field": "", "code": code, "message": message})

    def keep(self, message: str) -> None:
        """This row is not undone, and why."""
        self.undone = "kept"
        self.note("kept", message)

    def skip(self, code: str, message: str) -> None:
        """This row is left out on purpose, and why."""
        self.outcome = "skipped"
        self.errors.append({"column": "", "field": "", "code": code, "message": message})


@dataclass
class Placed:
    """A mapped column: where it stands in the file and which field reads it."""

    index: int
    header: str
    name: str
    column: Column
    known: dict[str, tuple[Any, dict[str, str] | None]] = field(default_factory=dict)  # cells repeat

    def read(self, text: str, run: Run) -> tuple[Any, dict[str, str] | None]:
        """The value of a filled cell, or what is wrong with it."""
        found = self.known.get(text)
        if found is None:
            try:
                found = self.column.widget.clean(_readable(text), run=run, field=self.name), None
            except ValueError as error:
                found = None, _describe(error, self)
            if len(self.known) >= REMEMBERED:
                self.known.clear()
            self.known[text] = found
        return found


class Run:
    """Everything one import shares between its rows: who imports, which columns, what was looked up once."""

    def __init__(self, job: ImportJob, resource: ImportResource, user: User):
        self.job = job
        self.resource = resource
        self.user = user
        self.actor = Actor.of(user, origin="import")
        self.today: datetime.date = timezone.localdate()
        self.memory: dict[str, Any] = {}  # lookups of the resource, filled on first use
        by_header = {column["header"]: column for column in job.columns}
        self.placed = [  # in the order of the file: the mapping itself comes out of the database in any order
            Placed(column["index"], column["header"], name, resource.fields[name])
            for column in job.columns
            if (name := job.mapping.get(column["header"], "")) in resource.columns_for(user)
        ]
        self.headers = {placed.name: placed.header for placed in self.placed}
        self.units = {placed.name: unit for placed in self.placed if (unit := _unit_of(placed.header))}
        self.day_first = {
            placed.name
            for placed in self.placed
            if isinstance(placed.column.widget, DateWidget | MomentWidget)
            and days_come_first(by_header[placed.header].get("samples", ()))
        }
        self.key = next((key for key in resource.keys if key.name == job.key), resource.keys[0])
        self.required = {name: column for name, column in resource.columns.items() if column.required}
        self.width = job.columns[-1]["index"] + 1 if job.columns else 0

    @cached_property
    def family(self) -> set[int]:
        """The imports of all sheets of the workbook."""
        head = self.job.parent_id or self.job.pk
        chain = type(self.job)._base_manager.filter(models.Q(pk=head) | models.Q(parent=head))
        return set(chain.values_list("pk", flat=True))

    @cached_property
    def mapped(self) -> frozenset[str]:
        return frozenset(self.headers)

    @cached_property
    def people(self) -> People:
        return People(self.user, self.resource.owners_model or self.resource.model)

    def once(self, name: str, load: Callable[[], Any]) -> Any:
        """A lookup that is loaded the first time a row needs it."""
        if name not in self.memory:
            self.memory[name] = load()
        return self.memory[name]

    def payload(self, row: StagedRow) -> dict[str, Any]:
        """What the event of a row says about where it came from."""
        return {"file": self.job.file_name, "row": row.number, "import": self.job.pk}


class ImportResource(resources.Resource):
    """The declaration of one importable kind of record; subclasses add columns, keys and the set-based writes."""

    slug: str = ""
    noun: Label = ""
    keys: Sequence[Key] = ()
    sheet_names: str = ""  # what sheets of such records are called, to find them in a workbook of several
    relates_to: str = ""  # the resource whose records these belong to, and the field that names them
    relates_by: str = ""
    comes: int = 0  # the place among the sheets of one workbook
    cards: str = (
        ""  # the resource that reads vCards uploaded for this one; they name people with their companies
    )
    model: type[models.Model]
    owners_model: type[models.Model] | None = (
        None  # whose transfers say whom the importer may name, if not `model`'s
    )

    # --- Mapping ---------------------------------------------------------------------------------

    def targets(self, user: User) -> list[Target]:
        """The fields as the mapping proposal knows them, their names in every language among the synonyms."""
        return [
            Target(
                name=name,
                synonyms=(
                    *(() if name == "id" else (name,)),
                    *in_every_language(column.label),
                    *column.synonyms,
                ),
                content=column.content,
                speaks=column.speaks,
                required=column.required,
            )
            for name, column in self.columns_for(user).items()
        ]

    @property
    def columns(self) -> dict[str, Column]:
        return {name: column for name, column in self.fields.items() if isinstance(column, Column)}

    def columns_for(self, user: User) -> dict[str, Column]:
        """The fields somebody may write."""
        return {n: column for n, column in self.columns.items() if may_edit(user, *self.field_of(n))}

    def more_columns(self, user: User) -> dict[str, Column]:
        """Columns that follow from records, such as one a price book, for somebody who may fill them."""
        return {}

    def field_of(self, name: str) -> tuple[type[models.Model], str]:
        """The kind of record and the field that a column writes, for the rights on fields."""
        return self.model, name

    def vocabulary(self, user: User) -> set[str]:
        """Every header this import knows, to find the header row and the right sheet."""
        return {key for target in self.targets(user) for key in target.keys}

    def settle(self, mapping: dict[str, str]) -> dict[str, str]:
        """A chance to move columns after the proposal, when one field only makes sense with another."""
        return mapping

    def missing(self, mapping: Mapping[str, str], mode: str) -> list[Column]:
        """Required fields that no column is mapped to; an update needs only its key."""
        if mode == "update":
            return []
        taken = set(mapping.values())
        return [column for name, column in self.columns.items() if column.required and name not in taken]

    def default_key(self, mapping: Mapping[str, str]) -> str:
        """The key to use when nobody chose: the strongest one the file has."""
        taken = set(mapping.values())
        return next(
            (key.name for key in self.keys if key.name in taken), self.keys[-1].name if self.keys else ""
        )

    # --- One row ---------------------------------------------------------------------------------

    def clean(self, run: Run, number: int, cells: list[str], broken: str = "") -> StagedRow:
        """Read the mapped cells of one row; blank cells stay out, wrong ones are named with their reason."""
        cleaned: dict[str, Any] = {}
        row = StagedRow(None, number, cells, cleaned)
        if broken == "card":
            row.fail("card", _("This card cannot be read: it is incomplete, too long or empty."))
        elif broken:
            row.fail(
                "unclosed_quote",
                _("A quotation mark in this line is not closed, so its cells cannot be told apart."),
            )
        if len(cells) > run.width and any(cells[run.width :]):
            row.fail("too_many_cells", _("This row has more cells than the table has columns."))
        for placed in run.placed:
            text = cells[placed.index].strip() if placed.index < len(cells) else ""
            if not text or text.lower() in BLANK:
                continue
            value, problem = placed.read(text, run)
            if problem:
                row.outcome = "failed"
                row.errors.append(problem)
            elif value not in (None, "", []):
                cleaned[placed.name] = value
        self.check(run, row)
        if not row.outcome:
            self._check_required(run, row)
            custom.check_row(run, row)
        return row

    def _check_required(self, run: Run, row: StagedRow) -> None:
        if run.job.mode == "update":
            if not row.cleaned.get(run.key.name):
                row.fail(
                    "key_missing",
                    _("The key is empty, so no record can be found."),
                    *self._place(run, run.key.name),
                )
            return
        for name, column in run.required.items():
            if name not in row.cleaned:
                message = _("%(field)s is required.") % {"field": column.label}
                row.fail("required", message, *self._place(run, name))

    @staticmethod
    def _place(run: Run, name: str) -> tuple[str, str]:
        return run.headers.get(name, ""), name

    def check(self, run: Run, row: StagedRow) -> None:
        """Rules across several cells of a row; subclasses fail the row or fill in what follows from other cells."""

    def key_of(self, run: Run, row: StagedRow) -> str:
        """What makes this row the same record as another one; empty when the key is blank."""
        value = row.cleaned.get(run.key.name)
        return run.key.normalise(value)[:255] if value not in (None, "") else ""

    # --- Records ---------------------------------------------------------------------------------

    def find(self, run: Run, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """The living records of each key, whoever owns them."""
        raise NotImplementedError

    def within_reach(self, run: Run, ids: Sequence[int]) -> set[int]:
        """Those records the importer may change."""
        rows = access.visible(self.model, run.user, "change").filter(pk__any_of=ids)
        return set(rows.values_list("pk", flat=True))

    def current(self, run: Run, rows: Sequence[StagedRow]) -> Mapping[int, Mapping[str, Any]]:
        """The values existing records have now, in the form of cleaned cells, by row number."""
        raise NotImplementedError

    joins = False  # whether several rows may be about one record

    def adds_to(self, run: Run, row: StagedRow, first: Mapping[str, Any]) -> str | None:
        """Whether a row of the same key adds to the record of an earlier one (its values are `first`): None if it does,
        otherwise the field in which the two contradict each other, or an empty text where it brings nothing."""
        return ""

    def join(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Write what such rows add to the record of their first row."""
        raise NotImplementedError

    def tally(self, run: Run, column: str) -> dict[str, int]:
        """What the rows that go in are about, by kind of record; nothing where every row is one record."""
        return {}

    doubts = False  # whether `doubt` looks for anything

    def doubt(self, run: Run, rows: Sequence[StagedRow], *, writing: bool) -> None:
        """New records that may be there already under another key: `note`, `skip` or `fail` as the job says."""

    def create(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Write new records set-based; sets each row's target or fails it."""
        raise NotImplementedError

    def update(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Write the changes of existing records set-based; fails the rows that cannot be written."""
        raise NotImplementedError

    def take_back(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Undo written rows set-based while nobody has changed their records since; `keep` the others."""
        raise NotImplementedError

    def records(self, user: User, ids: Sequence[int]) -> dict[int, models.Model]:
        """Of the records rows were written to, those somebody may see, as they are today."""
        rows = access.visible(self.model, user).filter(pk__in=ids)
        return {record.pk: record for record in rows}

    finishing: str = ""  # the field whose rows `finish` gets at the end of the import

    def finish(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """What can only be written once every row is there, such as links between rows of the file."""

    def occupied(self, run: Run, row: StagedRow, ids: Sequence[int]) -> str:
        """What the importer is told about a record outside their reach."""
        return _("This record exists and belongs to somebody else.")

    def shown(self, run: Run, name: str, value: Any) -> str:
        """A cleaned value as the preview shows it."""
        if (words := custom.shown(run, name, value)) is not None:
            return words
        if isinstance(value, list):
            return _(", ").join(str(item) for item in value)
        return "" if value is None else str(value)


def _readable(text: str) -> str:
    """The text of a cell without the apostrophe of our own exports; raises for cells Excel could not compute."""
    if text[0] == "#" and text.upper().startswith(FORMULA_ERRORS):
        raise CellError("formula_error", _("The formula in this cell gives %(error)s.") % {"error": text[:8]})
    if "\ufffd" in text:
        raise CellError("unreadable", _("Some characters of this cell cannot be read."))
    if len(text) > 32_767:
        raise CellError("too_long", _("The text is longer than a cell can hold."))
    if text[0] == "'" and text[1:].lstrip().startswith(FORMULA_STARTS):
        return text[1:]
    return text


def _describe(error: ValueError, placed: Placed) -> dict[str, str]:
    described = {
        "column": placed.header,
        "field": placed.name,
        "code": getattr(error, "code", None) or "invalid",
        "message": str(getattr(error, "message", "") or error),
    }
    suggestion = getattr(error, "suggestion", "")
    if suggestion:
        described["suggestion"] = suggestion
    return described


def _unit_of(header: str) -> Decimal | None:
    """The unit a header names in brackets: 预计金额（万） counts in ten thousands."""
    text = fold(header)
    inside = text[text.find("(") + 1 : text.rfind(")")] if "(" in text and ")" in text else ""
    for sign, factor in UNITS:
        if sign in inside:
            return Decimal(factor)
    return None
