"""The dispatcher: each event once to its consumer, and one that cannot be handled does not hold up the others."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.core.hooks import Consumer, hooks
from crm.events.delivery import MAX_ATTEMPTS, deliver_pending
from crm.events.models import Delivery, Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(monkeypatch):
    """A consumer that cannot bear one event and notes the others."""
    events: list[int] = []

    def handle(event):
        if event.payload.get("poison"):
            raise ValueError("cannot be digested")
        events.append(event.pk)

    monkeypatch.setitem(hooks.consumers, "taster", Consumer("taster", frozenset(), handle))
    return events


@pytest.fixture
def two_events():
    """A poisonous event and a good one, both for the taster."""
    Delivery._base_manager.all().delete()
    plain = {"name": "team.created", "actor_kind": "system", "actor_name": "x", "subject_type": "x"}
    good = Event._base_manager.create(subject_id="1", about=[], **plain)
    bad = Event._base_manager.create(
        subject_id="2",
        payload={"poison": True},
        **plain,
        about=[],
    )
    return [Delivery._base_manager.create(event_id=event.pk, consumer="taster") for event in (bad, good)]


def test_one_poisonous_event_is_given_up_and_stops_no_other(heard, two_events):
    bad, good = two_events
    for _attempt in range(MAX_ATTEMPTS + 2):
        Delivery._base_manager.update(next_at=timezone.now())
        deliver_pending()
    bad.refresh_from_db()
    assert (bad.state, bad.attempts) == (Delivery.State.DEAD, MAX_ATTEMPTS)
    assert "cannot be digested" in bad.error
    assert heard == [good.event_id], "delivered once, however often the dispatcher runs"


def test_a_consumer_that_is_gone_is_owed_nothing(two_events):
    deliver_pending()
    assert set(Delivery._base_manager.values_list("state", flat=True)) == {Delivery.State.DONE}


def test_an_event_that_kills_its_worker_is_given_up_as_well(two_events, monkeypatch):
    bad, good = two_events
    heard = []

    def handle(event):
        if event.pk == bad.event_id:
            raise SystemExit  # nothing catches it: the process is gone
        heard.append(event.pk)

    monkeypatch.setitem(hooks.consumers, "taster", Consumer("taster", frozenset(), handle))
    for _attempt in range(MAX_ATTEMPTS):
        Delivery._base_manager.update(next_at=timezone.now())
        Delivery._base_manager.filter(pk=bad.pk).update(next_at=timezone.now() - timedelta(minutes=1))
        with pytest.raises(SystemExit):
            deliver_pending()
        deliver_pending()  # the next worker goes on behind it
    assert heard == [good.event_id]
    Delivery._base_manager.filter(pk=bad.pk).update(next_at=timezone.now())
    deliver_pending()
    bad.refresh_from_db()
    assert (bad.state, bad.attempts) == (Delivery.State.DEAD, MAX_ATTEMPTS)
    assert "killed" in bad.error
