"""Reads one uploaded table inside a child process with hard limits and prints it as JSON lines.

Runs as a plain script (`python -I parser_child.py`), never imported by the web process and importing nothing of
this project: whatever a hostile file does to the parser, it does to a process that may use 512 MB and 30 seconds
of CPU and cannot write a file. What it prints:

    {"meta": {...}}                  once: format, sheets or encoding
    {"rows": [[number, [cells]]…]}   any number of times; `number` is the row as Excel counts it, a third value
                                     says what is broken about the line
    {"error": code, "detail": text}  instead of the rest when the file cannot be read
"""

import json
import os
import sys

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 30
MAX_COLUMNS = 500
MAX_CELL = 32_767  # Excel's own limit for the text of a cell
MAX_SHEETS = 60
SAMPLE_ROWS = 80
BATCH = 500


def limit_resources() -> None:
    """Give up memory, CPU, file writing and core dumps beyond what a table of a million rows needs."""
    try:
        import resource
    except ImportError:  # not a Unix machine; the parent's clock still ends the process
        return
    for name, value in (
        ("RLIMIT_AS", MEMORY_BYTES),
        ("RLIMIT_CPU", CPU_SECONDS),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
    ):
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (ValueError, OSError, AttributeError):  # macOS refuses RLIMIT_AS
            continue


class Unreadable(Exception):
    """The file cannot be read; the code is translated by the parent."""

    def __init__(self, code: str, detail: str = ""):
        super().__init__(code)
        self.code = code
        self.detail = detail


def emit(message: dict) -> None:
    sys.stdout.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")))
    sys.stdout.write("\n")


def emit_rows(rows) -> None:
    """Print numbered rows in batches."""
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) >= BATCH:
            emit({"rows": batch})
            batch = []
    if batch:
        emit({"rows": batch})


# --- What kind of file is it ---------------------------------------------------------------------


def detect_format(path: str) -> str:
    """Tell xlsx, xls, vCards and text tables apart by content, never by the name."""
    with open(path, "rb") as handle:
        head = handle.read(4096)
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise Unreadable("empty")
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    if head.startswith(b"PK"):
        raise Unreadable("damaged")
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "xls"
    for magic in (
        b"%PDF",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
        b"Rar!",
        b"7z\xbc\xaf",
        b"\x1f\x8b",
        b"{\\rtf",
        b"MZ",
        b"\x7fELF",
        b"BZh",
        b"\xfd7zXZ",
    ):
        if head.startswith(magic):
            raise Unreadable("not_a_table")
    import parser_vcard  # beside this script

    if parser_vcard.is_card(head):
        return "vcf"
    lowered = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if (
        lowered.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<head"))
        or b"<html" in lowered
    ):
        raise Unreadable("html")
    if lowered.startswith((b"<?xml", b"<svg", b"<!doctype")):
        raise Unreadable("not_a_table")
    return "csv"


# --- Spreadsheets --------------------------------------------------------------------------------


def cell_text(value) -> str:
    """One cell as people would type it: no exponent, no trailing .0, dates as ISO text."""
    kind = type(value)
    if kind is str:
        return value if len(value) <= MAX_CELL else value[: MAX_CELL + 1]
    if kind is float:
        if value.is_integer():
            return str(int(value))
        text = repr(value)
        return format(value, ".12f").rstrip("0") if "e-" in text else text
    if kind is bool:
        return "TRUE" if value else "FALSE"
    if kind is int:
        return str(value)
    if value is None:
        return ""
    if hasattr(value, "hour") and hasattr(value, "year"):
        if value.hour == value.minute == value.second == 0:
            return value.strftime("%Y-%m-%d") if value.year >= 1000 else ""
        return value.strftime("%Y-%m-%d %H:%M:%S") if value.second else value.strftime("%Y-%m-%d %H:%M")
    if hasattr(value, "year"):
        return value.isoformat()
    return str(value)


def sheet_rows(sheet, errors: dict):
    """Every row with a filled cell: its Excel number and its cells, merged columns filled downwards."""
    first_column = sheet.start[1] if sheet.start else 0
    downward = {}
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        if left == right and bottom > top:  # a region or an owner written once for several rows
            for row in range(top + 1, min(bottom, top + 5000) + 1):
                downward[(row, left - first_column)] = (top, left - first_column)
    kept = {}
    for index, row in enumerate(sheet.iter_rows()):
        cells = [cell_text(value) for value in row]
        if errors:
            for column in range(len(cells)):
                found = errors.get((index, column + first_column))
                if found and not cells[column]:
                    cells[column] = found
        if downward:
            for column in range(len(cells)):
                source = downward.get((index, column))
                if source and not cells[column] and source in kept:
                    cells[column] = kept[source]
                elif cells[column]:
                    kept[(index, column)] = cells[column]
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            yield [index + 1, [""] * first_column + cells if first_column else cells]


def open_workbook(path: str, file_format: str):
    import python_calamine

    try:
        return python_calamine.CalamineWorkbook.from_path(path)
    except python_calamine.PasswordError as error:
        raise Unreadable("password") from error
    except Exception as error:
        if file_format == "xls" and is_encrypted_package(path):
            raise Unreadable("password") from error
        raise Unreadable("damaged", str(error)[:200]) from error


def is_encrypted_package(path: str) -> bool:
    """An xlsx with a password is an OLE container that holds a stream of this name."""
    with open(path, "rb") as handle:
        return "EncryptedPackage".encode("utf-16-le") in handle.read(4 * 1024 * 1024)


def read_spreadsheet(request: dict, file_format: str) -> None:
    import parser_zip  # beside this script

    path = request["path"]
    errors = parser_zip.check_package(path, Unreadable) if file_format == "xlsx" else {}
    if file_format == "xls" and is_encrypted_package(path):
        raise Unreadable("password")
    workbook = open_workbook(path, file_format)
    metadata = [m for m in workbook.sheets_metadata if str(m.typ).endswith("WorkSheet")][:MAX_SHEETS]
    if not metadata:
        raise Unreadable("empty")
    if request["command"] == "rows":
        sheet = load_sheet(workbook, request.get("sheet") or metadata[0].name)
        emit({"meta": {"format": file_format}})
        emit_rows(sheet_rows(sheet, errors.get(sheet.name, {})))
        return
    sheets = []
    for entry in metadata:
        sheet = load_sheet(workbook, entry.name)
        sample, last, count = [], [], 0
        for row in sheet_rows(sheet, errors.get(entry.name, {})):
            count += 1
            if count <= SAMPLE_ROWS:
                sample.append(row)
            else:
                last = [*last[-9:], row]
        hidden = not str(entry.visible).endswith(".Visible")
        width = max((len(row[1]) for row in sample), default=0)
        sheets.append(
            {"name": entry.name, "rows": count, "columns": width, "hidden": hidden, "sample": sample + last}
        )
        del sheet
    from_1904 = parser_zip.counts_from_1904(path) if file_format == "xlsx" else xls_counts_from_1904(path)
    emit({"meta": {"format": file_format, "sheets": sheets, "dates_from_1904": from_1904}})


def xls_counts_from_1904(path: str) -> bool:
    """Whether an xls counts its days from 1904: its record 0x22 holds a one. Looked for near the first record of a book."""
    with open(path, "rb") as handle:
        content = handle.read(64 * 1024 * 1024)
    start = 0
    while (start := content.find(b"\x09\x08", start)) >= 0:
        length = int.from_bytes(content[start + 2 : start + 4], "little")
        if length in (8, 16) and content[start + 4 : start + 8] in (b"\x00\x06\x05\x00", b"\x00\x05\x05\x00"):
            break
        start += 2
    if start < 0:
        return False
    for _record in range(2000):  # the records of the book itself, one behind the other
        kind, length = (int.from_bytes(content[start + i : start + i + 2], "little") for i in (0, 2))
        if kind == 0x22 and length == 2:
            return content[start + 4 : start + 6] == b"\x01\x00"
        if kind == 0x0A or start + 4 + length >= len(content):
            return False
        start += 4 + length
    return False


def load_sheet(workbook, name: str):
    try:
        sheet = workbook.get_sheet_by_name(name)
    except MemoryError:
        raise
    except Exception as error:
        raise Unreadable("damaged", str(error)[:200]) from error
    if sheet.total_width > MAX_COLUMNS and sheet.width > MAX_COLUMNS:
        raise Unreadable("too_many_columns", str(sheet.width))
    return sheet


# --- Entry ---------------------------------------------------------------------------------------


def read_text(request: dict) -> None:
    import parser_text  # beside this script

    path = request["path"]
    encoding = request.get("encoding") or parser_text.detect_encoding(path)
    if encoding is None:
        raise Unreadable("not_a_table")
    delimiter = request.get("delimiter") or parser_text.detect_delimiter(path, encoding)
    emit_table(
        request,
        parser_text.records(path, encoding, delimiter, MAX_COLUMNS, MAX_CELL, Unreadable),
        {"format": "csv", "encoding": encoding, "delimiter": delimiter},
    )


def read_cards(request: dict) -> None:
    import parser_text  # beside this script
    import parser_vcard

    encoding = request.get("encoding") or parser_text.detect_encoding(request["path"]) or "utf-8"
    rows = parser_vcard.records(request["path"], encoding)
    emit_table(request, rows, {"format": "vcf", "encoding": encoding, "delimiter": ""})


def emit_table(request: dict, rows, meta: dict) -> None:
    """The rows of a file that is one table, or a first look at them."""
    if request["command"] == "rows":
        emit({"meta": {"format": meta["format"]}})
        emit_rows(rows)
        return
    sample, last, count = [], [], 0
    for row in rows:
        count += 1
        if count <= SAMPLE_ROWS:
            sample.append(row)
        else:
            last = [*last[-9:], row]
    width = max((len(row[1]) for row in sample), default=0)
    sheet = {"name": "", "rows": count, "columns": width, "hidden": False, "sample": sample + last}
    emit({"meta": {**meta, "sheets": [sheet]}})


def main() -> int:
    limit_resources()
    request = json.loads(sys.argv[1])
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        file_format = detect_format(request["path"])
        if file_format == "csv":
            read_text(request)
        elif file_format == "vcf":
            read_cards(request)
        else:
            read_spreadsheet(request, file_format)
    except Unreadable as error:
        emit({"error": error.code, "detail": error.detail})
    except MemoryError:
        emit({"error": "too_heavy", "detail": ""})
    except BrokenPipeError:  # the parent has read enough
        os._exit(0)
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
