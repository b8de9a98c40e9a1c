"""Opens uploaded tables in a limited child process and hands their rows on (see `parser_child.py`)."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext_lazy as _

CHILD = Path(__file__).with_name("parser_child.py")
INSPECT_SECONDS = 40
LINE_BYTES = 64 * 1024 * 1024

REASONS = {
    "empty": _("The file is empty."),
    "no_rows": _("The file has a header but no rows below it."),
    "damaged": _(
        "The file is incomplete or damaged. Open it in Excel, save it again and upload the new file."
    ),
    "password": _("The workbook is protected by a password. Save a copy without password and upload that."),
    "not_a_table": _("This is not a table. Upload an Excel workbook (.xlsx) or a text table (.csv)."),
    "cards": _("These are vCards, which hold people. Import them as customers or contacts."),
    "html": _("This is a web page with the name of a table. Open it in Excel and save it as .xlsx."),
    "unsupported": _("This kind of workbook cannot be read. Save it as .xlsx or .csv."),
    "bomb": _(
        "The workbook unpacks to far more than its size allows. Copy the rows you need into a new workbook."
    ),
    "dtd": _(
        "The workbook contains a document type definition, which Excel never writes. Save it again as .xlsx."
    ),
    "external_link": _(
        "The workbook refers to other files. Break the links in Excel (Data, Edit links) or save it as .csv."
    ),
    "too_many_columns": _(
        "The sheet has more than 500 columns. Keep the columns you need and upload it again."
    ),
    "too_heavy": _(
        "The sheet needs too much memory or time to read. Often one stray cell far below is the cause: copy the "
        "rows you need into a new workbook, or split the file."
    ),
    "too_large": _("The file is larger than %(limit)s MB. Split it and upload the parts."),
    "no_such_sheet": _("The workbook has no sheet of that name."),
}


class UnreadableFile(Exception):
    """An uploaded file that cannot be read as a table; the message says what to do about it."""

    def __init__(self, code: str, detail: str = "", **values):
        self.code = code
        self.detail = detail
        self.values = values
        super().__init__(code)

    def __str__(self) -> str:
        text = str(REASONS.get(self.code, REASONS["damaged"]))
        return text % self.values if self.values else text


@dataclass(slots=True)
class SourceRow:
    """One row of the file with the number Excel shows beside it."""

    number: int
    cells: list[str]
    broken: str = ""


@dataclass(slots=True)
class Sheet:
    """One sheet as first looked at: its size and the first and last rows."""

    name: str
    rows: int
    columns: int
    hidden: bool
    sample: list[SourceRow] = field(default_factory=list)


@dataclass(slots=True)
class Inspection:
    """What a file holds before anything is imported from it."""

    format: str
    sheets: list[Sheet]
    encoding: str = ""
    delimiter: str = ""
    dates_from_1904: bool = False


def inspect_file(path: str | Path) -> Inspection:
    """Look into a file: format, sheets, first and last rows of each. Raises UnreadableFile."""
    meta: dict | None = None
    with contextlib.closing(
        _messages({"command": "inspect", "path": str(path)}, seconds=INSPECT_SECONDS)
    ) as messages:
        for message in messages:
            meta = message.get("meta", meta)
    if meta is None:
        raise UnreadableFile("damaged")
    sheets = [
        Sheet(
            name=entry["name"],
            rows=entry["rows"],
            columns=entry["columns"],
            hidden=entry["hidden"],
            sample=[SourceRow(*row) for row in entry["sample"]],
        )
        for entry in meta["sheets"]
    ]
    if not any(sheet.rows for sheet in sheets):
        raise UnreadableFile("empty")
    return Inspection(
        meta["format"],
        sheets,
        meta.get("encoding", ""),
        meta.get("delimiter", ""),
        meta.get("dates_from_1904", False),
    )


def read_rows(
    path: str | Path, *, sheet: str = "", encoding: str = "", delimiter: str = ""
) -> Iterator[SourceRow]:
    """Every filled row of one sheet in file order, without holding the file in memory. Raises UnreadableFile."""
    request = {
        "command": "rows",
        "path": str(path),
        "sheet": sheet,
        "encoding": encoding,
        "delimiter": delimiter,
    }
    with contextlib.closing(_messages(request)) as messages:
        for message in messages:
            for row in message.get("rows", ()):
                yield SourceRow(*row)


def _messages(request: dict, seconds: int | None = None) -> Iterator[dict]:
    """Run the child and give back its messages; it is ended when the caller stops reading or time is up."""
    # A file for stderr instead of a pipe: a chatty parser must not block on a pipe nobody reads.
    child = subprocess.Popen(
        [sys.executable, "-I", str(CHILD), json.dumps(request)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        close_fds=True,
    )
    clock = threading.Timer(seconds, child.kill) if seconds else None
    if clock:
        clock.daemon = True
        clock.start()
    finished = False
    try:
        while line := child.stdout.readline(LINE_BYTES):
            message = json.loads(line)
            if "error" in message:
                raise UnreadableFile(message["error"], message.get("detail", ""))
            yield message
        finished = True
        if child.wait(timeout=10) != 0:
            raise UnreadableFile("too_heavy")
    except ValueError as error:  # cut off in the middle of a line: the child was ended by a limit
        raise UnreadableFile("too_heavy") from error
    finally:
        if clock:
            clock.cancel()
        if not finished:
            child.kill()
        child.stdout.close()
        child.wait()
