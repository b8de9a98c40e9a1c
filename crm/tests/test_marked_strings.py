"""What people read is marked for translation."""

import ast
import re
from pathlib import Path

import pytest

from crm.core.text import CJK
from crm.tests.source import ROOT, python_files, template_files

_MARKED = re.compile(r"\{%-?\s*(blocktranslate|blocktrans)\b.*?%\}.*?\{%-?\s*end\1\s*%\}", re.DOTALL)
_COMMENT = re.compile(r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}|<!--.*?-->", re.DOTALL)
_UNSEEN = re.compile(r"<(script|style|kbd|code|svg|template-data)\b.*?</\1>", re.DOTALL)
_LOGIC = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_SEEN_ATTRIBUTES = re.compile(
    r"""\s(?:title|placeholder|aria-label|alt|data-confirm|label)=["']([^"']*)["']"""
)
_DATA_ATTRIBUTE = re.compile(r"""[\w-]+=["'][^"']*["']""")  # a block that fills a tag stands outside of it
_TAG = re.compile(r"<[^>]*>", re.DOTALL)
_WORDS = re.compile(rf"[A-Za-z]{{2,}}|[{CJK}]")
# Names of languages and products stand in their own language everywhere.
NAMES = {
    "English",
    "简体中文",
    "Yuanke",
    "缘客",
    "Excel",
    "xlsx",
    "csv",
    "CSV",
    "API",
    "kbd",
    "Ctrl",
    "Esc",
    "Enter",
    "UTF",
}


def unmarked(text: str) -> list[str]:
    """Words a reader would see that are not marked for translation."""
    text = _COMMENT.sub("", text)
    text = _MARKED.sub("", text)
    text = _UNSEEN.sub("", text)
    text = _LOGIC.sub("", text)
    seen = _SEEN_ATTRIBUTES.findall(text) + _TAG.sub("\n", text).split("\n")
    found = []
    for piece in seen:
        plain = _DATA_ATTRIBUTE.sub("", re.sub(r"&\w+;", "", piece))
        for name in NAMES:
            plain = plain.replace(name, "")
        if _WORDS.search(plain):
            found.append(piece.strip())
    return found


TEMPLATES = {
    path.relative_to(ROOT / "templates").as_posix(): path
    for path in template_files()
    if path.suffix == ".html"
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_mark_what_people_read(name: str) -> None:
    assert not unmarked(TEMPLATES[name].read_text(encoding="utf-8"))


def test_the_reader_of_templates_notices_bare_words() -> None:
    assert unmarked('<p title="Close">{% translate "Save" %} now</p>') == ["Close", "now"]
    assert unmarked("<p>{{ name }} · 12 &nbsp; {% blocktranslate %}Hello{% endblocktranslate %}</p>") == []


def _chinese_literals(path: Path) -> list[int]:
    """Lines on which a Python string holds Chinese outside docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node not in docstrings
        and re.search(f"[{CJK}]", node.value)
    ]


def test_the_source_of_pages_is_english() -> None:
    """Chinese belongs to the catalogue; data, readers of Chinese input and formats are no pages."""
    wrong = [
        f"{path.relative_to(ROOT)}:{lines[0]}"
        for path in python_files()
        if path.stem in {"views", "forms", "listings", "events", "services", "panels", "pages"}
        and (lines := _chinese_literals(path))
    ]
    assert not wrong
