"""The user guide inside the product: docs/using.md as a page, in Chinese from docs/using.zh.md where it has the section.

A section of the guide is known by the Chinese word in its heading, "Customers (客户)" and "客户 (Customers)", and by the
English one in addresses: `#customers`. Links to other documents are for readers of the repository: here they are text.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import nh3
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt

FILES = {"en": "using.md", "zh": "using.zh.md"}
_HEADING = re.compile(r"^## (?P<one>.+?)(?: *[(（](?P<other>[^()（）]+)[)）])? *$", re.MULTILINE)
_CJK = re.compile(r"[\u4e00-\u9fff]")
TAGS = {"p", "ul", "ol", "li", "strong", "em", "code", "a", "table", "thead", "tbody", "tr", "th", "td", "h3"}


@dataclass(frozen=True)
class Section:
    """One section of the guide in one language."""

    anchor: str
    title: str
    html: SafeString


@lru_cache(maxsize=4)
def guide(language: str) -> tuple[Section, ...]:
    """The sections in the order of the English guide, each in the wanted language where it was written in it."""
    wanted = "zh" if language.startswith("zh") else "en"
    translated = dict(_read(wanted))
    return tuple(translated.get(anchor, section) for anchor, section in _read("en"))


def _read(language: str) -> list[tuple[str, Section]]:
    path = settings.BASE_DIR / "docs" / FILES[language]
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    heads = list(_HEADING.finditer(text))
    found = []
    for head, following in zip(heads, [*heads[1:], None], strict=False):
        body = text[head.end() : following.start() if following else len(text)]
        title = head["one"]
        english = (head["other"] or "") if _CJK.search(title) else title
        anchor = slugify(english) or slugify(title, allow_unicode=True)
        found.append((anchor, Section(anchor, title, _html(body))))
    return found


def _html(text: str) -> SafeString:
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    html = re.sub(r'<a href="(?!https?:|#)[^"]*">(.*?)</a>', r"\1", html)
    # Cleaned of everything but these plain elements.
    return mark_safe(nh3.clean(html, tags=TAGS))  # noqa: S308
