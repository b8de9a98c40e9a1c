"""What ends a cadence before its last step: an answer, an opt-out, a wrong address, a meeting, a change of the deal."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Activity, ActivityKind, Customer
from accounts.services import log_follow_up
from accounts.services.customer_dates import lock_followed
from crm.automation.kinds import kind
from crm.automation.models import IncomingEmail, OutgoingEmail, Suppression
from crm.automation.services import notify
from crm.core.writes import save_versioned
from crm.events.actor import Actor, system
from crm.events.recording import record_event
from sales.events.cadences import ENROLMENT_ANSWERED
from sales.models import Enrolment, Lead, StepRun, StopReason, TouchKind
from sales.models.cadence import LIVE
from sales.queries.pools import kind_of
from sales.services.enrolments import stop, stop_all
from sales.services.scoring import touch_lead

ANSWERED = kind(
    "cadence_answered",
    _("Answers to mails of cadences"),
    _("%(name)s answered your e-mail “%(subject)s”"),
    why=_("The e-mail left in your name; its cadence has ended."),
    icon="mail",
    email=True,
    position=45,
)
REASONS = {
    Suppression.Reason.OPTED_OUT: StopReason.OPTED_OUT,
    Suppression.Reason.BOUNCED: StopReason.BOUNCED,
    Suppression.Reason.MANUAL: StopReason.OPTED_OUT,
}


@transaction.atomic
def note_answer(incoming: IncomingEmail) -> None:
    """Somebody answered a mail of a cadence: it stands in the timeline, ends the cadence, and its sender hears of it.

    Who has written it is what the mail says and no more: nothing of the person is changed by it.
    """
    run = StepRun._base_manager.select_related("enrolment__lead").filter(email=incoming.answers_id).first()
    mark = f"mail:{incoming.digest[:60]}"
    if run is None or Activity._base_manager.filter(external_id=mark).exists():
        return
    lock_followed(run.enrolment.customer_id, run.enrolment.lead)
    enrolment = Enrolment._base_manager.select_for_update(of=("self",)).get(pk=run.enrolment_id)
    actor = Actor("system", "inbox", incoming.sender_name or incoming.sender, None, "email")
    StepRun._base_manager.filter(pk=run.pk, answered_at__isnull=True).update(answered_at=timezone.now())
    if enrolment.is_live:
        stop(enrolment, reason=StopReason.REPLY, actor=actor)
    elif not enrolment.reason:  # all steps were done, and now they answer
        enrolment.reason = StopReason.REPLY
        save_versioned(enrolment, ["reason"])
    if enrolment.owner is None:
        return
    written = log_follow_up(
        actor=actor,
        author=enrolment.owner,
        kind=ActivityKind.EMAIL,
        customer=enrolment.customer,
        contact=enrolment.contact,
        record=enrolment.lead,
        subject=incoming.subject[:200],
        body=_words(incoming, str(run.email.to) if run.email else ""),
        done_at=incoming.sent_at or incoming.received_at,
        external_id=mark,
    ).activity
    about = enrolment.lead or enrolment.customer
    said = {"cadence": enrolment.cadence.name, "name": str(enrolment.who)}
    record_event(ENROLMENT_ANSWERED, enrolment, actor=actor, payload=said, about=[about] if about else [])
    if enrolment.lead is not None and enrolment.lead.is_open:
        touch_lead(enrolment.lead, TouchKind.REPLY, note=incoming.subject[:200], actor=actor)
    if enrolment.cadence.stops_with_company and enrolment.customer_id:
        others = Enrolment._base_manager.filter(
            customer=enrolment.customer_id, cadence__stops_with_company=True
        )
        stop_all(others, reason=StopReason.SAME_COMPANY, actor=system("cadences"))
    notify(
        [enrolment.owner],
        ANSWERED,
        params={"name": str(enrolment.who), "subject": run.subject},
        body=written.body[:300],
        url=enrolment.who.get_absolute_url(),
        about=enrolment,
        dedupe=f"incoming:{incoming.pk}",
    )


def _words(incoming: IncomingEmail, to: str) -> str:
    """What was answered; from another address than the one written to, that address stands above it."""
    text = incoming.text or incoming.subject or "…"
    if incoming.sender and incoming.sender != to.lower():
        name = f"{incoming.sender_name} <{incoming.sender}>" if incoming.sender_name else incoming.sender
        return f"{name}\n\n{text}"
    return text


def note_suppressed(mail: OutgoingEmail, reason: str) -> int:
    """An address gets no more mails: every cadence that writes to it ends; returns how many."""
    same = Q(contact__email__iexact=mail.to) | Q(lead__email__iexact=mail.to)
    known = Q(runs__email=mail.pk)
    rows = Enrolment._base_manager.filter(LIVE & (same | known)).distinct()
    ids = list(rows.values_list("pk", flat=True))
    found = Enrolment._base_manager.filter(pk__in=ids)
    return stop_all(found, reason=REASONS.get(reason, StopReason.OPTED_OUT), actor=system("cadences"))


def of_record(record: Customer | Lead) -> QuerySet[Enrolment]:
    """The enrolments that go on with a lead or anybody at a customer."""
    return Enrolment._base_manager.filter(LIVE, **{kind_of(type(record)): record.pk})


def note_owner(record: Customer | Lead) -> int:
    """A lead or customer changed hands: cadences in the name of somebody else end where they say so."""
    rows = of_record(record).filter(cadence__stops_on_owner=True)
    if record.owner_id is not None:
        rows = rows.exclude(owner=record.owner_id)
    return stop_all(rows, reason=StopReason.OWNER, actor=system("cadences"))


def note_pooled(model: type[Customer] | type[Lead], ids: Iterable[int]) -> int:
    """Records went into a pool and belong to nobody: cadences with them end where they say so."""
    theirs = {f"{kind_of(model)}__in": list(ids)}
    rows = Enrolment._base_manager.filter(LIVE, cadence__stops_on_owner=True, **theirs)
    return stop_all(rows, reason=StopReason.OWNER, actor=system("cadences"))


def note_stage(record: Customer | Lead) -> int:
    """A deal with the customer moved on, or the lead did: cadences that are about getting there end."""
    rows = of_record(record).filter(cadence__stops_on_stage=True)
    return stop_all(rows, reason=StopReason.STAGE, actor=system("cadences"))


def note_closed(record: Customer | Lead) -> int:
    """Won, lost, converted or given up: every cadence with them ends."""
    return stop_all(of_record(record), reason=StopReason.CLOSED, actor=system("cadences"))


def note_meeting(record: Customer | Lead, *, planned: int) -> int:
    """A meeting or visit was planned by somebody: cadences that wanted one end, but for the very task of a step."""
    rows = of_record(record).filter(cadence__stops_on_meeting=True).exclude(runs__activity=planned)
    return stop_all(rows, reason=StopReason.MEETING, actor=system("cadences"))
