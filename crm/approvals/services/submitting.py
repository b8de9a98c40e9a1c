"""Asking for approval: the record is locked, its steps are worked out and kept, the first approvers are asked."""

from collections.abc import Mapping
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.approvals.events import NOT_NEEDED, SUBMITTED
from crm.approvals.models import ApprovalRequest, ApprovalStep, ApprovalTask
from crm.approvals.queries.pending import pending_for
from crm.approvals.queries.people import Plan, amount_of, plan_for
from crm.approvals.registry import Approvable, kind_of
from crm.approvals.services.rounds import advance, finish, people_named
from crm.core.languages import in_each_language, in_reader_language
from crm.core.text import tidy
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.models import User

LONGEST_NOTE = 500


@transaction.atomic
def submit(
    key: str,
    record: models.Model,
    *,
    submitter: User,
    actor: Actor,
    note: str = "",
    detail: Mapping[str, Any] | None = None,
) -> ApprovalRequest:
    """Ask for approval of a record; where nobody has to agree it takes effect at once."""
    kind = kind_of(key)
    if kind is None:
        raise RuleBroken(_("Records of this kind are not approved."), field="kind")
    detail = dict(detail or {})
    record = kind.lock(record)
    if pending_for(record) is not None:
        raise RuleBroken(_("This waits for approval already."), code="pending")
    kind.ready(record, detail)
    plan = plan_for(kind, record, detail, submitter)
    if plan.flow is None and kind.needs_flow:
        raise RuleBroken(_("No approval flow fits this. An administrator sets one up."), code="no_flow")
    if plan.has_gap:
        raise RuleBroken(
            _("Nobody in the company could approve this. An administrator names an executive."),
            code="nobody",
        )
    kind.begun(record, detail, actor)
    request = _kept(kind, record, detail, plan, submitter, tidy(note)[:LONGEST_NOTE])
    about = [record, *kind.about(record)]
    if not plan.steps:
        record_event(NOT_NEEDED, request, actor=actor, payload=request.told, about=about)
        return finish(request, ApprovalRequest.State.APPROVED, actor=actor)
    _lay_out(request, plan)
    payload = {**request.told, "kind": key, "comment": request.note, "round": request.round}
    record_event(SUBMITTED, request, actor=actor, payload=payload, about=about)
    return advance(request, actor=actor)


def _kept(
    kind: Approvable, record: models.Model, detail: dict[str, Any], plan: Plan, submitter: User, note: str
) -> ApprovalRequest:
    before = ApprovalRequest._base_manager.filter(
        kind=kind.key, subject_type=record._meta.label_lower, subject_id=record.pk
    )
    title = in_each_language(lambda: kind.title(record, detail))
    summary = in_each_language(lambda: kind.summary(record, detail))
    said = {
        name: words for name, words in (("title", title), ("summary", summary)) if isinstance(words, dict)
    }
    request = ApprovalRequest(
        kind=kind.key,
        subject_type=record._meta.label_lower,
        subject_id=record.pk,
        detail=detail,
        submitter=submitter,
        team=submitter.team,
        flow=plan.flow,
        flow_name=plan.flow.name if plan.flow else "",
        flow_version=plan.flow.version if plan.flow else None,
        title=in_reader_language(title)[:200],
        summary=in_reader_language(summary)[:300],
        amount=amount_of(plan.facts),
        currency=kind.currency(record, detail),
        facts={**plan.facts, "said": said} if said else plan.facts,
        copies=plan.copies,
        note=note,
        round=before.count() + 1,
        submitted_at=timezone.now(),
    )
    request.save()
    return request


def _lay_out(request: ApprovalRequest, plan: Plan) -> None:
    """Write the steps as they are now: changing the flow later does not reach them."""
    for position, planned in enumerate(plan.steps):
        step = ApprovalStep(request=request, position=position, name=planned.name, mode=planned.mode)
        step.save()
        for seat in planned.seats:
            ApprovalTask(
                request=request, step=step, approver_id=seat.person, instead_of_id=seat.instead_of
            ).save()
    people_named(request, [seat.person for step in plan.steps for seat in step.seats])
