"""Key information (关键信息): the few facts everybody should see first."""

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import CUSTOMER_HIGHLIGHTED
from accounts.models import Customer, Highlight
from accounts.services.cleaning import cleaned
from crm.core.writes import RuleBroken, lock
from crm.events.actor import Actor
from crm.events.recording import record_event


@transaction.atomic
def set_highlights(
    customer: Customer, facts: Iterable[Mapping[str, str]], *, actor: Actor
) -> list[Highlight]:
    """Say what is key about a customer: at most five facts (`label`, `text`, `source`), in this order."""
    customer = lock(customer)
    wanted = [
        cleaned(Highlight, {name: fact.get(name, "") for name in ("label", "text", "source")})
        for fact in facts
    ]
    wanted = [fact for fact in wanted if fact["text"]]
    if len(wanted) > Highlight.MOST:
        raise RuleBroken(_("At most %(count)d facts: the rest is no longer key.") % {"count": Highlight.MOST})
    for fact in wanted:
        if not fact["label"]:
            raise RuleBroken(_("Say what the fact is about, for example “Budget”."), field="label")
    before = list(customer.highlights.all())
    old = [{"label": h.label, "text": h.text, "source": h.source} for h in before]
    if old == wanted:
        return before
    known = {(h.label, h.text): h for h in before}
    Highlight._base_manager.filter(customer=customer).delete()
    rows = []
    for position, fact in enumerate(wanted):
        row = Highlight(customer=customer, position=position, pinned_by_id=actor.user_id, **fact)
        if kept := known.get((row.label, row.text)):  # who pinned it first stays known
            row.pinned_by_id, row.pinned_at = kept.pinned_by_id, kept.pinned_at
        rows.append(row)
    Highlight._base_manager.bulk_create(rows)
    record_event(
        CUSTOMER_HIGHLIGHTED,
        customer,
        actor=actor,
        changes={"highlights": [_lines(old), _lines(wanted)]},
    )
    return rows


def _lines(facts: list[dict[str, str]]) -> list[str]:
    return [f"{fact['label']}: {fact['text']}" for fact in facts]
