"""The help of a page: which template tells what it is for, found by the name of its route.

`templates/help/` holds one small file per kind of page. `customer_edit` is explained by `customer_edit.html` where there
is one, else by `customer.html`: so a new page of a kind that is explained needs no file of its own.
"""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

FOLDER = "help"
GENERAL = "general"


@lru_cache(maxsize=1)
def topics() -> frozenset[str]:
    """The kinds of page that are explained."""
    folders = [Path(folder) / FOLDER for engine in settings.TEMPLATES for folder in engine["DIRS"]]
    found = {path.stem for folder in folders for path in folder.glob("*.html")}
    return frozenset(name for name in found if not name.startswith("_"))


def topic_of(page: str) -> str:
    """The topic that explains a page, from its route's whole name to the first word of it; empty where none does."""
    words = page.split("_")
    candidates = ("_".join(words[:count]) for count in range(len(words), 0, -1))
    return next((name for name in candidates if name in topics()), "")


def template_of(page: str) -> str:
    """The template of a page's help, the general one where nobody has explained it."""
    return f"{FOLDER}/{topic_of(page) or GENERAL}.html"
