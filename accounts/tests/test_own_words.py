"""What somebody wrote is corrected and deleted by them alone: page, API, bulk verb and explanation agree."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import Activity
from accounts.tests.factories import by, make_customer
from crm.events.models import Event
from crm.identity import access
from crm.identity.explain import who_can, why

pytestmark = pytest.mark.django_db
WORDS = "王工要求节拍 0.8 秒"


@pytest.fixture
def note(company):
    customer = make_customer(company.sales1)
    return services.log_follow_up(
        actor=by(company.sales1), author=company.sales1, customer=customer, kind="call", body=WORDS
    ).activity


def test_the_rule_is_part_of_the_policy(company, note):
    manager = company.manager1
    assert access.may(manager, "change", note)
    for action in ("correct", "delete"):
        assert not access.may(manager, action, note)
        assert access.may(company.sales1, action, note)
        assert not access.visible(Activity, manager, action).exists()
        assert why(manager, note, action) == []
        assert [a.user for a in who_can(note, action)] == [company.sales1]
    assert access.allowed(manager, note, ("view", "change", "correct", "delete")) == {"view", "change"}


def test_a_manager_can_neither_correct_delete_nor_take_back_what_a_colleague_recorded(client, company, note):
    client.force_login(company.manager1)
    before = Event._base_manager.count()
    for name in ("activity_edit", "activity_delete", "activity_undo"):
        assert client.post(reverse(name, args=[note.pk]), {"kind": "call", "body": "x"}).status_code == 403
    url = f"/api/v1/activities/{note.pk}/"
    answer = client.patch(url, {"body": "x", "version": note.version}, content_type="application/json")
    assert answer.status_code == 403
    assert client.delete(url).status_code == 403
    client.post("/activities/bulk/delete/", {"ids": [note.pk], "confirm": "1"})
    kept = Activity._base_manager.get()
    assert (kept.body, kept.deleted_at) == (WORDS, None)
    assert not Event._base_manager.filter(name__in=["activity.deleted", "activity.updated"]).exists()
    assert Event._base_manager.exclude(name__startswith="job").count() == before


def test_only_who_deleted_it_and_may_still_reach_it_restores_it(client, company, note):
    url = reverse("activity_restore", args=[note.pk])
    client.force_login(company.sales1)
    client.post(reverse("activity_delete", args=[note.pk]))
    client.force_login(company.manager1)
    assert client.post(url).status_code == 404
    client.force_login(company.sales1)
    assert client.post(url).status_code == 302
    assert Activity.objects.get() == note


def test_what_a_record_closed_and_what_undoing_it_removed_stands_in_the_log(company):
    customer, me = make_customer(company.sales1), company.sales1
    plan = services.plan_follow_up(
        actor=by(me), author=me, kind="call", customer=customer, due_at=timezone.now()
    )
    step = services.NextStep(at=timezone.now() + timedelta(days=3))
    done = services.log_follow_up(
        actor=by(me), author=me, customer=customer, kind="call", body=WORDS, next_step=step
    )
    assert done.closed == [plan]
    names = Event._base_manager.filter(subject_type="accounts.activity")
    assert names.filter(subject_id=str(plan.pk), name="activity.completed").exists()
    services.undo(done.activity, actor=by(me))
    assert names.filter(subject_id=str(plan.pk), name="activity.reopened").exists()
    assert names.filter(subject_id=str(done.next.pk), name="activity.deleted").exists()
