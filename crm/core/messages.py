"""Every string people see, found without GNU gettext: Python through Babel, templates through Django's own reader."""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib
from babel.messages.extract import extract
from django.utils.translation.template import templatize

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
SKIPPED = {"tests", "migrations", "node_modules", "var", "static", "locale", "staticfiles", "__pycache__"}
_PLACEHOLDER = re.compile(r"%\((\w+)\)[-\d.]*([a-zA-Z])|%([sd])|(?<!\{)\{(\w*)\}(?!\})")

Key = tuple[str, str]  # context, msgid


@dataclass
class Message:
    """One string: its plural if it has one, and the files it stands in."""

    context: str
    msgid: str
    plural: str = ""
    places: set[str] = field(default_factory=set)

    @property
    def key(self) -> Key:
        return self.context, self.msgid


def find_messages(root: Path) -> dict[Key, Message]:
    """Every marked string of the Python files and templates below a folder."""
    found: dict[Key, Message] = {}
    for path in _files(root):
        place = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            # Babel reads Python, so lines must not be indented like the markup they come from.
            text = "\n".join(line.lstrip() for line in templatize(text).splitlines())
        source = io.BytesIO(b"# coding: utf-8\n" + text.encode())
        for _line, msgid, _comments, context in extract("python", source, keywords=KEYWORDS):
            single, plural = msgid if isinstance(msgid, tuple) else (msgid, "")
            if not single:
                continue
            key = (context or "", single)
            message = found.setdefault(key, Message(*key))
            message.plural = message.plural or plural
            message.places.add(place)
    return found


def _files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if any(part in SKIPPED or part.startswith(".") for part in parts[:-1]) or not path.is_file():
            continue
        if path.suffix == ".py" or (path.suffix in {".html", ".txt"} and "templates" in parts):
            yield path


def entry_key(entry: polib.POEntry) -> Key:
    """The key under which an entry of a catalogue is found."""
    return entry.msgctxt or "", entry.msgid


def is_translated(entry: polib.POEntry) -> bool:
    """Whether an entry has its translation, all plural forms included, and nobody doubts it."""
    texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    return bool(texts) and all(texts) and not entry.fuzzy


def placeholders(text: str) -> set[str]:
    """The names of the values a text is filled with."""
    return {named or plain or braced for named, _kind, plain, braced in _PLACEHOLDER.findall(text)}


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a catalogue: strings without translation, entries without string, wrong placeholders."""

    missing: list[Message]
    obsolete: list[polib.POEntry]
    mismatched: list[polib.POEntry]

    @property
    def is_complete(self) -> bool:
        """Whether every string has a translation that can be filled in."""
        return not self.missing and not self.mismatched


def judge(messages: dict[Key, Message], catalogue: polib.POFile) -> Verdict:
    """Compare the strings of the source with a catalogue."""
    entries = {entry_key(entry): entry for entry in catalogue if not entry.obsolete}
    missing, mismatched = [], []
    for key, message in messages.items():
        entry = entries.get(key)
        if entry is None or not is_translated(entry) or bool(message.plural) != bool(entry.msgid_plural):
            missing.append(message)
        elif not _fits(message, entry):
            mismatched.append(entry)
    obsolete = [entry for key, entry in entries.items() if key not in messages]
    return Verdict(missing, obsolete, mismatched)


def _fits(message: Message, entry: polib.POEntry) -> bool:
    """A translation uses no value the source does not give; of plurals any form may leave the count out."""
    given = placeholders(message.msgid) | placeholders(message.plural)
    if not entry.msgid_plural:
        return placeholders(entry.msgstr) == given
    return all(placeholders(text) <= given for text in entry.msgstr_plural.values())


def update(
    catalogue: polib.POFile, messages: dict[Key, Message], sources: Iterable[polib.POFile] = ()
) -> None:
    """Bring a catalogue up to date: fill its gaps from the sources (later ones win), drop what is gone."""
    known: dict[Key, polib.POEntry] = {}
    for source in (*sources, catalogue):
        for entry in source:
            if not entry.obsolete and is_translated(entry):
                known[entry_key(entry)] = entry
    catalogue[:] = []
    for key in sorted(messages, key=lambda key: (min(messages[key].places), key[1], key[0])):
        catalogue.append(_entry(messages[key], known.get(key)))


def _entry(message: Message, known: polib.POEntry | None) -> polib.POEntry:
    entry = polib.POEntry(
        msgid=message.msgid,
        msgctxt=message.context or None,
        occurrences=[(place, "") for place in sorted(message.places)],
    )
    if re.search(r"%\(\w+\)|%[sd]", message.msgid):
        entry.flags.append("python-format")
    if message.plural:
        entry.msgid_plural = message.plural
        text = ""
        if known is not None:
            text = next(iter(known.msgstr_plural.values()), "") if known.msgid_plural else known.msgstr
        entry.msgstr_plural = {0: text}
    elif known is not None:
        entry.msgstr = known.msgstr or next(iter(known.msgstr_plural.values()), "")
    return entry
