"""What the command palette can do beside finding records: go somewhere, make something, act on the best hit."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from crm.console.context import offered_modules, offered_new
from crm.console.sections import sections_for
from crm.core import pinyin
from crm.listing.palette import Hit

SHOWN = 7


@dataclass(frozen=True)
class Action:
    """One thing to do: its words, where it leads, and whether that opens beside the page."""

    label: str
    icon: str
    url: str
    note: str = ""
    drawer: bool = False
    words: str = ""

    def answers(self, needle: str) -> bool:
        """Whether somebody may mean it: by its words, their pinyin, or its initials."""
        forms = (self.label, self.words, pinyin.spelled(self.label), pinyin.initials(self.label))
        return any(needle in form.casefold() for form in forms)


def actions_for(
    request: HttpRequest, text: str, hits: list[Hit], *, everything: bool = False
) -> list[Action]:
    """What fits the text, that of the best hit first; all of it where only actions are asked for."""
    needle = text.casefold()
    found = [*_about(request, hits)] if needle else []
    found += [action for action in _known(request) if not needle or action.answers(needle)]
    if len(needle) > 1 and not everything:
        found = [*found[: SHOWN - 1], *_create(request, text)]
    return found if everything else found[:SHOWN]


def _known(request: HttpRequest) -> Iterator[Action]:
    for item in offered_new(request):
        yield Action(str(item["label"]), item["icon"], item["url"], drawer=item["drawer"])
    for item in offered_modules(request):
        yield Action(str(item["label"]), item["icon"], item["url"], _("Go to"))
    for group in sections_for(request.user, "")["groups"]:
        for row in group["rows"]:
            yield Action(str(row["label"]), row["icon"], row["url"], _("Settings"), words=row["words"])


def _about(request: HttpRequest, hits: list[Hit]) -> Iterator[Action]:
    """What one does most with the first hit whose list has a quick form."""
    for hit in hits:
        listing = hit.listing
        if listing.row_expand and (listing.expand_offered is None or listing.expand_offered(request.user)):
            label = _("Write a follow-up with %(name)s") % {"name": hit.title}
            yield Action(label, "note", reverse(listing.row_expand, args=[hit.pk]))
            return


def _create(request: HttpRequest, text: str) -> Iterator[Action]:
    """The record somebody looked for and did not find, named by what was typed."""
    item = next((one for one in offered_new(request) if one["named"]), None)
    if item:
        url = f"{item['url']}?{urlencode({'name': text})}"
        label = _("%(new)s “%(name)s”") % {"new": item["label"], "name": text}
        yield Action(label, "plus", url, drawer=item["drawer"])
