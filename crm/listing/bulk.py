"""Bulk verbs: one service call per record (or one for all of them), with the reason for every record that failed.

The rows are the ticked ones or, re-running the list's own query on the server, all that match. What the person may
not see is not there for them; what they may see but not touch is reported. A job row carries out both the small
runs, at once, and the large ones, in the background.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.identity import access
from crm.identity.fields import as_seen_by
from crm.identity.middleware import zone_of
from crm.identity.models import User
from crm.identity.services.assignment import assign
from crm.listing.forms import CrmForm
from crm.listing.giving import give_form
from crm.listing.registry import page_of_key
from crm.listing.selection import BadQuery, select
from crm.records.models import BackgroundJob
from crm.records.services import jobs

if TYPE_CHECKING:
    from crm.listing.declare import ListPage

Label = str | Promise
KIND = "bulk"
BATCH = 100
UNDO_WITHIN = timedelta(hours=24)


@dataclass(frozen=True)
class Bulk:
    """A verb on many records: its name in the address, the form it asks with, the service it calls.

    `service(record, actor=…, **cleaned_data)`; with `set_based` it takes the list of records instead. `undo(records,
    before, actor=…)` takes back what `remember(records)` noted before.
    """

    name: str
    form: type[forms.Form] | None
    service: Callable[..., Any]
    label: Label = ""
    verb: str = "change"
    icon: str = "edit"
    set_based: bool = False
    danger: bool = False
    remember: Callable[[Sequence[Any]], Mapping[str, Any]] | None = None
    undo: Callable[..., Any] | None = None
    offered: Callable[[User], bool] | None = None

    @property
    def words(self) -> Label:
        return self.label or self.name.replace("-", " ").capitalize()

    def offered_to(self, user: User, model: type[models.Model]) -> bool:
        return access.has_verb(user, self.verb, model) and (self.offered is None or self.offered(user))


def _remember_owners(records: Sequence[Any]) -> dict[str, Any]:
    return {str(record.pk): [record.owner_id, record.team_id] for record in records}


def _return_to_owners(records: Sequence[Any], before: Mapping[str, Any], *, actor: Actor) -> None:
    """Give transferred records back to whom they belonged to."""
    groups: dict[tuple[int | None, int | None], list[Any]] = {}
    for record in records:
        groups.setdefault(tuple(before[str(record.pk)]), []).append(record)
    for (owner_id, team_id), group in groups.items():
        owner = User._base_manager.filter(pk=owner_id).first()
        team = group[0]._meta.get_field("team").related_model._base_manager.filter(pk=team_id).first()
        assign(group, owner=owner, team=team, actor=actor)


def Assign(model: type[models.Model], service: Callable[..., Any] = assign) -> Bulk:  # noqa: N802 - reads as a declaration
    """Transfer to another owner."""
    return Bulk(
        "transfer", give_form(model), service, label=_("Transfer"), verb="transfer", icon="user-share", set_based=True,
        remember=_remember_owners, undo=_return_to_owners,
    )  # fmt: skip


def Delete(service: Callable[..., Any], restore: Callable[..., Any] | None = None) -> Bulk:  # noqa: N802
    """Move to the bin; with `restore` it can be taken back."""

    def undo(records: Sequence[Any], _before: Mapping[str, Any], *, actor: Actor) -> None:
        for record in records:
            restore(record, actor=actor)  # type: ignore[misc]

    return Bulk(
        "delete", None, service, label=_("Delete"), verb="delete", icon="trash", danger=True,
        undo=undo if restore else None,
    )  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """Which rows a person chose: ticked ids, or everything a query matches."""

    ids: tuple[int, ...] = ()
    query: str | None = None

    @classmethod
    def of(cls, data: QueryDict) -> Choice:
        if data.get("all") == "1":
            return cls(query=data.get("query", "").removeprefix("?"))
        return cls(ids=tuple(sorted({int(i) for i in data.getlist("ids") if i.isdecimal() and len(i) < 19})))

    def rows(self, listing: ListPage, user: User) -> models.QuerySet:
        """The chosen rows among those the person can see; raises BadQuery."""
        if self.query is None:
            return access.visible(listing.model, user).filter(pk__in=self.ids)
        return select(listing, user, QueryDict(self.query)).scoped()


@dataclass(frozen=True)
class Outcome:
    done: int
    failures: list[dict[str, Any]]


def start(
    listing: ListPage, verb: Bulk, choice: Choice, data: QueryDict, user: User, *, total: int
) -> BackgroundJob:
    """Carry out a verb: at once where the rows are few, otherwise as a job the caller has to wake."""
    params = {"listing": listing.key, "verb": verb.name, "data": dict(data.lists())}
    params |= {"query": choice.query} if choice.query is not None else {"ids": list(choice.ids)}
    title = f"{verb.words} · {listing.count_words(f'{total:,}', total)}"
    job = jobs.create_job(user, kind=KIND, title=title, params=params, total=total)
    if choice.query is None and total <= listing.bulk_limit:
        run(job.pk)
        job.refresh_from_db()
    return job


def run(job_id: int) -> None:
    """Carry out a bulk job batch by batch; safe to run twice, at once or again after a crash."""
    job = jobs.claim(job_id)
    if job is None:
        return
    user = job.user
    with translation.override(user.language or None), timezone.override(zone_of(user)):
        try:
            listing, verb, form = _reopen(job, user)
        except (BadQuery, RuleBroken, PermissionDenied, ValidationError) as error:
            jobs.fail(job, str(error) or gettext("You may no longer do this."))
            return
        while _one_batch(job, listing, verb, form):
            pass


def _reopen(job: BackgroundJob, user: User) -> tuple[ListPage, Bulk, forms.Form | None]:
    """The job's verb and cleaned form under the rights its person has now."""
    listing = listing_of(job.params["listing"])
    verb = listing.verb(job.params["verb"])
    if verb is None or not user.is_active or not verb.offered_to(user, listing.model):
        raise PermissionDenied
    if verb.form is None:
        return listing, verb, None
    data = QueryDict(mutable=True)
    for name, values in job.params["data"].items():
        data.setlist(name, values)
    form = open_form(verb, data, user)
    if not form.is_valid():
        raise RuleBroken("; ".join(str(text) for texts in form.errors.values() for text in texts))
    return listing, verb, form


@transaction.atomic
def _one_batch(job: BackgroundJob, listing: ListPage, verb: Bulk, form: forms.Form | None) -> bool:
    held = jobs.hold(job)
    if held is None:
        return False
    if held.stop_requested:
        jobs.stopped(held)
        return False
    choice = Choice(ids=tuple(held.params.get("ids", ())), query=held.params.get("query"))
    user = held.user  # read anew: rights that ended meanwhile end here too
    rows = choice.rows(listing, user).filter(pk__gt=held.position).order_by("pk")
    records = list(rows.prefetch_related(None)[:BATCH])
    if not records:
        jobs.finish(held)
        return False
    undoable = verb.undo is not None and held.total <= BATCH and held.position == 0
    before = dict(verb.remember(records)) if undoable and verb.remember else {}
    outcome = apply(verb, records, form.cleaned_data if form else {}, user)
    jobs.advance(held, done=outcome.done, failures=outcome.failures, position=records[-1].pk)
    if undoable and outcome.done:
        failed = {failure["id"] for failure in outcome.failures}
        held.undo = {"ids": [record.pk for record in records if record.pk not in failed], "before": before}
        held.save(update_fields=["undo"])
    if len(records) < BATCH:
        jobs.finish(held)
        return False
    return True


def apply(verb: Bulk, records: Sequence[Any], values: Mapping[str, Any], user: User) -> Outcome:
    """Do the verb to records the person can see, gathering the reason of each that did not work."""
    model, actor = type(records[0]), Actor.of(user)
    allowed_ids = set(
        access.visible(model, user, verb.verb)
        .filter(pk__in=[r.pk for r in records])
        .values_list("pk", flat=True)
    )
    failures = [
        failure(r, gettext("You may not do this to this record."), user)
        for r in records
        if r.pk not in allowed_ids
    ]
    allowed = [record for record in records if record.pk in allowed_ids]
    if verb.set_based and allowed and _attempt(verb, allowed, values, actor) is None:
        return Outcome(len(allowed), failures)
    done = 0
    for record in allowed:
        reason = _attempt(verb, [record] if verb.set_based else record, values, actor)
        if reason is None:
            done += 1
        else:
            failures.append(failure(record, reason, user))
    return Outcome(done, failures)


def _attempt(verb: Bulk, target: Any, values: Mapping[str, Any], actor: Actor) -> str | None:
    """One service call in a savepoint of its own; the reason where a rule forbids it."""
    try:
        with transaction.atomic():
            verb.service(target, actor=actor, **values)
    except RuleBroken as error:
        return str(error)
    except PermissionDenied:
        return gettext("You may not do this to this record.")
    except ValidationError as error:
        return " ".join(error.messages)
    return None


def failure(record: models.Model, reason: str, user: User) -> dict[str, Any]:
    """The line of a record the verb did not work for, in the words the person may read."""
    return {"id": record.pk, "label": str(as_seen_by(user, record))[:200], "message": reason}


def may_undo(job: BackgroundJob) -> bool:
    return bool(job.undo) and job.created_at > timezone.now() - UNDO_WITHIN


@transaction.atomic
def undo(job: BackgroundJob) -> int:
    """Take back a small run within a day; records somebody changed since then stay as they are."""
    job = BackgroundJob._base_manager.select_for_update().get(pk=job.pk)
    listing = listing_of(job.params["listing"])
    verb = listing.verb(job.params["verb"])
    if verb is None or verb.undo is None or not may_undo(job) or not verb.offered_to(job.user, listing.model):
        raise RuleBroken(gettext("This can no longer be undone."))
    rows = listing.model._base_manager.filter(pk__in=job.undo["ids"]).select_for_update(of=("self",))
    changed_after = job.finished_at or timezone.now()
    records = [r for r in rows if getattr(r, "updated_at", changed_after) <= changed_after]
    verb.undo(records, job.undo.get("before", {}), actor=Actor.of(job.user))
    job.undo = {}
    job.save(update_fields=["undo"])
    return len(records)


def open_form(verb: Bulk, data: QueryDict | None, user: User) -> forms.Form:
    form_class = verb.form or CrmForm
    return form_class(data, user=user) if issubclass(form_class, CrmForm) else form_class(data)


def listing_of(key: str) -> ListPage:
    """The registered list page of a key."""
    page = page_of_key(key)
    if page is None:
        raise RuleBroken(gettext("This list no longer exists."))
    return page


def summary(job: BackgroundJob) -> str:
    """What a finished run did, in one sentence."""
    done = ngettext("%(title)s: %(count)d done.", "%(title)s: %(count)d done.", job.done)
    text = done % {"title": job.title, "count": job.done}
    if job.failed:
        text += " " + ngettext("%(count)d failed.", "%(count)d failed.", job.failed) % {"count": job.failed}
    return text


def undone_words(job: BackgroundJob) -> str:
    return gettext("%(title)s: undone.") % {"title": job.title}
