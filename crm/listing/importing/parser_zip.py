"""Looks at the package of an xlsx before anything parses it: bombs, DTDs, links to other files, cells in error.

Part of the child process of `parser_child.py`; imports nothing of this project.
"""

import re
import zipfile

MAX_UNPACKED = 420 * 1024 * 1024
MAX_MEMBERS = 3000
# XML of a real sheet packs 10 to 40 times; thousands of equal cells are the mark of a bomb.
SUSPICIOUS_SIZE = 24 * 1024 * 1024
SUSPICIOUS_RATIO = 200
MAX_ERROR_CELLS = 100_000

ERROR_CELL = re.compile(
    rb'<c\s[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*?\bt="e"[^>]*>(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)?<v>([^<]{1,20})</v>'
)
SHEET_TAG = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
RELATION_TAG = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')


def check_package(path: str, refused: type[Exception]) -> dict:
    """Refuse dangerous or damaged packages; return {sheet name: {(row, column): "#REF!"}} of the cells in error."""
    try:
        with zipfile.ZipFile(path) as package:
            members = package.infolist()
            names = {member.filename for member in members}
            _check_sizes(members, names, refused)
            found = {}
            for member in members:
                if not member.filename.lower().endswith((".xml", ".rels", ".vml")):
                    continue
                is_sheet = member.filename.startswith("xl/worksheets/sheet")
                errors = _scan_member(package, member, is_sheet, refused)
                if errors:
                    found[member.filename] = errors
            return _by_sheet_name(package, found) if found else {}
    except zipfile.BadZipFile as error:
        raise refused("damaged", str(error)[:200]) from error
    except (EOFError, OSError, NotImplementedError, ValueError) as error:
        raise refused("damaged", str(error)[:200]) from error
    except RuntimeError as error:  # zipfile's way of saying "encrypted"
        raise refused("password") from error


def counts_from_1904(path: str) -> bool:
    """Whether a checked workbook counts its days from 1904, as old Excel for Mac does."""
    with zipfile.ZipFile(path) as package:
        name = next((name for name in package.namelist() if name.lower() == "xl/workbook.xml"), "")
        with package.open(name) as part:
            head = part.read(1 << 20)
    return bool(re.search(rb'<(?:\w+:)?workbookPr\b[^>]*\bdate1904="(?:1|true)"', head))


def _check_sizes(members, names, refused) -> None:
    if any(member.flag_bits & 0x1 for member in members):
        raise refused("password")
    if not any(name.lower() == "xl/workbook.xml" for name in names):
        if any(name.lower() in ("xl/workbook.bin", "content.xml") for name in names):
            raise refused("unsupported")
        raise refused("not_a_table")
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise refused("bomb")
    for member in members:
        if member.file_size > SUSPICIOUS_SIZE and member.file_size > SUSPICIOUS_RATIO * max(
            member.compress_size, 1
        ):
            raise refused("bomb")
    if any(name.startswith("xl/externalLinks/") for name in names):
        raise refused("external_link")


def _scan_member(package, member, is_sheet: bool, refused) -> dict:
    """Unpack a part once, never keeping more than a piece of it: a lie about its size shows, so does a DTD."""
    errors: dict = {}
    tail = b""
    with package.open(member) as part:
        while True:
            piece = part.read(1 << 20)
            if not piece:
                break
            window = tail + piece
            if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                raise refused("dtd")
            if is_sheet and b't="e"' in window and len(errors) < MAX_ERROR_CELLS:
                for column, row, text in ERROR_CELL.findall(window):
                    errors[(int(row) - 1, _column_index(column))] = text.decode("ascii", "replace")
            tail = window[-600:]
    return errors


def _column_index(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1


def _by_sheet_name(package, found: dict) -> dict:
    """Say which sheet each worksheet part is: names and parts meet through the relationship ids."""
    import html

    def attributes(tag: bytes) -> dict:
        return {
            key.decode(): html.unescape(value.decode("utf-8", "replace"))
            for key, value in ATTRIBUTE.findall(tag)
        }

    try:
        workbook = package.read("xl/workbook.xml")
        relations = package.read("xl/_rels/workbook.xml.rels")
    except KeyError:
        return {}
    targets = {}
    for tag in RELATION_TAG.findall(relations):
        relation = attributes(tag)
        target = relation.get("Target", "")
        targets[relation.get("Id")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    by_name = {}
    for tag in SHEET_TAG.findall(workbook):
        sheet = attributes(tag)
        part = targets.get(sheet.get("r:id", ""))
        if part in found:
            by_name[sheet.get("name", "")] = found[part]
    return by_name
