"""The administrators' page on how the installation fares, and trying again what had been given up."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.automation.models import OutgoingEmail
from crm.celery import app
from crm.events.models import Delivery, Event
from crm.identity.tests.factories import make_user
from crm.records.models import BackgroundJob, TaskRun
from crm.records.services.task_runs import note_run, periodic_tasks, watch_celery

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(login):
    return login(make_user("boss", role="admin"))


def test_shows_parts_queues_timetable_and_storage(admin):
    note_run("accounts.tasks.send_due_reminders", seconds=0.4)
    note_run("crm.automation.tasks.send_emails", seconds=2.0, error="ConnectionError: no mail server")
    page = admin.get(reverse("system"))
    html = page.content.decode()
    for words in (
        "Database",
        "Timetable",
        "Send due reminders",
        "no mail server",
        "Largest tables",
        "Not yet run",
    ):
        assert words in html
    assert page.context["storage"]["database"] > 1_000_000
    assert page.context["storage"]["tables"]
    assert {task.label for task in page.context["tasks"] if task.run and task.run.error} == {"Send e-mails"}


def test_a_task_that_missed_its_turns_is_late(admin):
    note_run("accounts.tasks.send_due_reminders", seconds=0.1)
    TaskRun._base_manager.update(began_at=timezone.now() - timedelta(minutes=10))
    (late,) = [task for task in admin.get(reverse("system")).context["tasks"] if task.is_late]
    assert late.label == "Send due reminders"


def test_everything_of_the_timetable_has_a_name_for_people(admin):
    from crm.console.queries.system import TASKS

    assert set(TASKS) == set(app.conf.beat_schedule)


def test_the_worker_leaves_word_of_periodic_tasks_only():
    watch_celery()
    app.loader.import_default_modules()
    task = app.tasks["crm.records.tasks.check_calendars"]
    assert task.name in periodic_tasks()
    task.apply(throw=False)
    app.tasks["crm.listing.tasks.run_bulk_job"].apply(args=[0], throw=False)
    assert [run.task for run in TaskRun._base_manager.all()] == [task.name]


class TestTryingAgain:
    def retry(self, browser, kind, pk):
        return browser.post(reverse("system_retry", args=[kind, pk]), follow=True)

    def test_a_delivery(self, admin):
        dead = Delivery._base_manager.create(
            event_id=1, consumer="gone", state="dead", attempts=5, error="Boom"
        )
        assert "Boom" in admin.get(reverse("system")).content.decode()
        page = self.retry(admin, "delivery", dead.pk)
        dead.refresh_from_db()
        assert (dead.state, dead.attempts) != ("dead", 5)
        assert "It is being tried again." in page.content.decode()
        assert Event._base_manager.filter(name="delivery.retried", actor_name="Boss").exists()

    def test_an_email(self, admin):
        mail = OutgoingEmail._base_manager.create(
            to="a@example.com", subject="Due", text="…", message_id="1", dedupe_key="1", state="failed"
        )
        self.retry(admin, "email", mail.pk)
        assert OutgoingEmail._base_manager.get(pk=mail.pk).state != "failed"

    def test_a_job_goes_on_under_its_own_persons_rights(self, admin):
        job = BackgroundJob._base_manager.create(
            user=make_user("seller"),
            kind="bulk",
            title="Tag · 3 customers",
            state="failed",
            params={"listing": "customer", "verb": "tag", "data": {}, "ids": []},
            finished_at=timezone.now(),
        )
        assert "Tag · 3 customers" in admin.get(reverse("system")).content.decode()
        self.retry(admin, "job", job.pk)
        assert Event._base_manager.filter(name="job.retried").exists()

    def test_only_what_has_failed(self, admin):
        fine = Delivery._base_manager.create(event_id=1, consumer="gone", state="done")
        page = self.retry(admin, "delivery", fine.pk)
        assert "Only what has failed can be tried again." in page.content.decode()

    @pytest.mark.parametrize(("kind", "pk"), [("job", 999_999), ("nothing", 1)])
    def test_what_is_not_there_is_not_found(self, admin, kind, pk):
        assert self.retry(admin, kind, pk).status_code == 404

    def test_nobody_else(self, login):
        dead = Delivery._base_manager.create(event_id=1, consumer="gone", state="dead")
        browser = login(make_user("seller"))
        assert browser.get(reverse("system")).status_code == 403
        assert self.retry(browser, "delivery", dead.pk).status_code == 403
        dead.refresh_from_db()
        assert dead.state == "dead"
