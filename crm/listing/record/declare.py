"""What the page of a kind of record declares. Composition only: anything odd is a plain view beside it.

LEAD_PAGE = RecordPage(
    listing=LEADS, queryset=queries.lead_record, form=LeadForm, update=services.update_lead,
    template="sales/lead_detail.html", context=lead_context,
)
# urls.py: *LEAD_PAGE.urls("leads")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.identity import access
from crm.identity.shares import grant_models
from crm.listing.columns import field_of
from crm.listing.record import pages, undo, verbs

if TYPE_CHECKING:
    from crm.identity.models import User
    from crm.listing.declare import ListPage
    from crm.listing.forms import CrmModelForm


def nothing(*_about: Any) -> dict[str, Any]:
    return {}


def never(_record: Any, _name: str) -> bool:
    return False


@dataclass(frozen=True, kw_only=True, eq=False)
class RecordPage:
    """The page of one kind of record: what it reads, how its fields are edited, what else stands on it.

    `template` extends `record/page.html`; `parts` are its regions that htmx renews, by name. `context` adds what is
    particular to the page, given which verbs one may do; `form_context` adds to its form, `why_context` to what is told
    of who sees the record.
    `update(record, actor=…, expected=…, **values)` is the one service that changes fields; `given` says what else it
    takes from a request, such as the duplicates somebody has confirmed. `transfer(records, owner=…, actor=…)`,
    `delete(record, actor=…, expected=…)` and `restore(record, actor=…)` are the services behind the verbs of the same
    name; a kind with tables of grants can be shared.
    """

    listing: ListPage
    queryset: Callable[[], models.QuerySet]
    form: type[CrmModelForm]
    update: Callable[..., models.Model]
    template: str
    parts: Mapping[str, str] = field(default_factory=dict)
    context: Callable[[HttpRequest, Any, dict[str, bool]], dict[str, Any]] = nothing
    form_template: str = "record/_form.html"
    form_context: Callable[[Any], dict[str, Any]] = nothing
    why_context: Callable[[Any], dict[str, Any]] = nothing
    given: Callable[[HttpRequest], dict[str, Any]] = nothing
    moved: Callable[[User, int], models.Model | None] | None = (
        None  # where the address of a merged record leads
    )
    transfer: Callable[..., Any] | None = None
    delete: Callable[..., Any] | None = None
    restore: Callable[..., Any] | None = None
    bin: ListPage | None = None  # what can be restored
    before_delete: str | Promise = _("It goes to the bin and can be restored from there for 30 days.")
    before_restore: str | Promise = _("It comes back as it was.")
    further_verbs: Sequence[str] = ()  # what else the page asks about, beside what it declares a service for
    facts: Sequence[str] = ()  # built-in fields with a line of their own, in order
    always: frozenset[str] = frozenset()  # those with a line even while they are empty
    copied: frozenset[str] = frozenset()  # those one takes along to other programs
    percents: frozenset[str] = frozenset()  # those that count hundredths
    has: Callable[[Any], set[str]] | None = None  # built-in fields of a record like this; None: all facts
    settled: Callable[[Any, str], bool] = (
        never  # whether a field of a record like this does not change any more
    )
    refusals: Mapping[type[Exception], Callable[..., dict[str, Any]]] = field(default_factory=dict)

    @property
    def model(self) -> type[models.Model]:
        return self.listing.model

    @property
    def key(self) -> str:
        return self.listing.key

    @cached_property
    def shared(self) -> bool:
        """Whether single records of this kind can be shared."""
        return grant_models(self.model) is not None

    @cached_property
    def verbs(self) -> list[str]:
        """What the page asks whether one may do it."""
        declared = {"transfer": self.transfer, "share": self.shared, "delete": self.delete}
        return ["change", *(verb for verb, how in declared.items() if how), *self.further_verbs]

    def record(self, request: HttpRequest, pk: int, action: str = "view") -> Any:
        """The record of an address, if the person may do the action to it."""
        return access.get_visible_or_404(self.model, request.user, pk, action, queryset=self.queryset())

    def url(self, what: str, pk: int, *args: Any) -> str:
        return reverse(f"{self.key}_{what}", args=[pk, *args])

    def present(self, record: Any) -> set[str]:
        """The built-in fields that a record like this has: the facts, and its name where it has one."""
        if self.has:
            return self.has(record)
        return {*self.facts, *({"name"} if field_of(self.model, "name") is not None else ())}

    @cached_property
    def routes(self) -> dict[str, tuple[str, Callable[..., HttpResponse]]]:
        """The views of this page: the end of their address, by name."""
        found = {
            "detail": ("", pages.detail),
            "edit": ("edit/", pages.edit),
            "field_undo": ("fields/<slug:name>/undo/", undo.take_back),
            "field": ("fields/<slug:name>/", pages.one_field),
            "position": ("position/", pages.position),
            "why": ("why/", pages.why_seen),
            "panel": ("panels/<slug:slot>/<slug:key>/", pages.panel),
        }
        if self.transfer:
            found["transfer"] = ("transfer/", verbs.transfer)
        if self.shared:
            found |= {"share": ("share/", verbs.share), "unshare": ("unshare/", verbs.unshare)}
        if self.delete:
            found["delete"] = ("delete/", verbs.delete)
        if self.restore:
            found["restore"] = ("restore/", verbs.restore)
        return found

    def urls(self, prefix: str) -> list[URLPattern]:
        """The routes of this page; those of the list stand beside them."""
        return [
            path(
                f"{prefix}/<int:pk>/{tail}",
                login_required(partial(view, page=self)),
                name=f"{self.key}_{what}",
            )
            for what, (tail, view) in self.routes.items()
        ]

    def addresses(self, pk: int) -> dict[str, str]:
        """The addresses the templates of a record need, by the names of their routes."""
        return {what: self.url(what, pk) for what, (tail, _view) in self.routes.items() if "<" not in tail}
