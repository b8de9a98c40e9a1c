"""Something to do for every background task and every consumer of events, in a small company with a history."""

import datetime
from dataclasses import dataclass

from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from accounts import services
from accounts.models import Activity, Customer, Reminder
from crm.approvals import services as approvals
from crm.approvals.models import ApprovalRequest
from crm.automation.models import OutgoingEmail
from crm.automation.services import enqueue
from crm.automation.services.inbox import receive
from crm.automation.services.suppressions import suppress
from crm.demo.faults import world
from crm.demo.faults.stage import Stage
from crm.demo.load import load_demo
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity import services as identity
from crm.identity.models import User
from crm.listing import bulk
from crm.listing.exporting.jobs import request_export
from crm.listing.importing import jobs as imports
from crm.records.events import CALENDAR_YEAR_MISSING
from crm.records.models import BusinessCalendar, ImportJob, Tag
from crm.records.services import store_upload
from crm.records.services.idempotency import take_key
from crm.records.services.jobs import create_job
from sales.services import create_lead, enrol, move_lead, save_cadence, save_step

CUSTOMERS = 40
LONG_AGO = datetime.timedelta(days=60)


@dataclass
class Work:
    """What lies there for the tasks that take an id."""

    people: dict[str, User]
    import_job: int
    export_job: int
    bulk_job: int


def prepare(stage: Stage) -> Work:
    """Fill the company and leave work of every kind lying about."""
    load_demo(CUSTOMERS, 8, world.PASSWORD)
    people = {user.username: user for user in User._base_manager.all()}
    by = {name: Actor.of(user) for name, user in people.items()}
    theirs = Customer._base_manager.filter(owner=people["sales1"]).order_by("pk")
    mine = list(theirs[:6])
    without_deal = theirs.filter(first_deal_at=None).exclude(pk__in=[one.pk for one in mine])[0]
    services.transfer_customers(mine[:3], owner=people["sales2"], actor=by["manager1"])
    for record in mine[:3]:  # given one by one: news that gathers
        services.transfer_customers([record], owner=people["sales1"], actor=by["manager1"])
    identity.share(mine[3], user=people["sales3"], actor=by["sales1"])
    soon = timezone.now() + datetime.timedelta(hours=1)
    identity.share(mine[4], user=people["sales3"], expires_at=soon, actor=by["sales1"])
    world.plan_due(people["sales1"], mine[3], 5)
    _plan_without_reminder(people["sales2"], mine[4])
    tag = Tag._base_manager.order_by("pk")[0]
    services.tag_customers(mine[4:6], add=[tag], expires_at=soon, actor=by["sales1"])
    services.delete_customer(without_deal, actor=by["admin"])
    world.customer(people["sales1"], "沃川精密仪器有限公司")
    world.customer(people["sales3"], "沃川精密仪器股份有限公司")
    for number in range(5):
        enqueue(
            to="somebody@example.com", subject=f"第{number}封", text="正文", dedupe_key=f"faults:{number}"
        )
    with transaction.atomic():
        take_key(people["admin"], "long ago", "")
    store_upload(SimpleUploadedFile("loose.txt", b"loose"), user=people["admin"], actor=by["admin"])
    SessionStore().save()
    ids = Customer._base_manager.filter(owner=people["sales3"], deleted_at=None).values_list("pk", flat=True)
    work = Work(
        people, _import(people["admin"], "待导入"), _export(people["admin"]), _bulk(people["admin"], ids)
    )
    _approvals(people, by)
    _answers(people["sales1"], by["sales1"])
    _cadence(people["sales1"], by["sales1"])
    _old_jobs(stage, people["admin"])
    _events_nobody_heard_of(by["admin"], work)
    _let_time_pass(stage)
    return work


def _plan_without_reminder(user: User, record: Customer) -> None:
    (planned,) = world.plan_due(user, record, 1)
    Reminder._base_manager.filter(activity=planned).delete()
    Activity._base_manager.filter(pk=planned.pk).update(due_at=timezone.now() + datetime.timedelta(days=3))


def _import(user: User, prefix: str) -> int:
    names = world.names(prefix)
    lines = "\n".join(f"{next(names)},联系人{number}" for number in range(30))
    sheet = SimpleUploadedFile("customers.csv", f"客户名称,联系人\n{lines}".encode())
    return imports.start_import(user, sheet, "customers").pk


def _export(user: User) -> int:
    return request_export(user, "customers", file_format="csv", actor=world.SYSTEM).pk


def _bulk(user: User, ids: object) -> int:
    params = {"listing": "customers", "verb": "delete", "data": {}, "ids": [*ids][:5]}
    return create_job(user, kind=bulk.KIND, title="faults", params=params, total=5).pk


def _approvals(people: dict[str, User], by: dict[str, Actor]) -> None:
    """What waits is asked after, talked about and passed on, and somebody who might be asked leaves."""
    asked = ApprovalRequest.objects.filter(
        state="pending", tasks__state="open", tasks__approver=people["manager1"]
    )
    request = asked.earliest("pk")
    approvals.comment_on(request, comment="客户在催", actor=by["sales1"])
    ApprovalRequest.objects.filter(pk=request.pk).update(nudged_at=None)
    approvals.nudge(request, actor=by["sales1"])
    approvals.transfer(request, user=people["manager1"], to=people["director"], actor=by["manager1"])
    leaver = identity.create_user(
        "leaver", name="离职", role=people["manager1"].role, team=people["manager1"].team, actor=world.SYSTEM
    )
    identity.deactivate_user(leaver, actor=by["admin"])


def _answers(user: User, actor: Actor) -> None:
    """One mail is answered, to the address of another nothing more is sent, and a lead goes on."""
    answered, refused = OutgoingEmail._base_manager.filter(dedupe_key__startswith="faults:").order_by("pk")[
        :2
    ]
    lines = ("From: somebody@example.com", f"In-Reply-To: {answered.message_id}", "Subject: Re", "", "好的")
    receive("\r\n".join(lines).encode())
    suppress(refused.to, reason="manual", actor=world.SYSTEM, email=refused)
    lead = create_lead(name="线索一", phone="13700000001", owner=user, actor=actor)
    move_lead(lead, to="working", actor=actor)


def _cadence(user: User, actor: Actor) -> None:
    """A step that is due for one lead, and a task that is due for another."""
    lines = {"send_from": datetime.time(0), "send_until": datetime.time(23, 59)}
    mails = save_cadence(None, name="faults: mails", actor=world.SYSTEM, **lines)
    save_step(mails, kind="email", delay_days=0, subject="{{name}}", body="{{name}}", actor=world.SYSTEM)
    calls = save_cadence(None, name="faults: calls", actor=world.SYSTEM, **lines)
    save_step(calls, kind="call", delay_days=0, subject="{{name}}", actor=world.SYSTEM)
    for number, cadence in enumerate((mails, calls), 1):
        lead = create_lead(
            name=f"序列{number}", email=f"cadence{number}@example.com", owner=user, actor=actor
        )
        enrol(lead, cadence, actor=actor)


def _old_jobs(stage: Stage, user: User) -> None:
    """An import whose time is over, and jobs that a killed worker has left behind."""
    over = _import(user, "旧的")
    ImportJob._base_manager.filter(pk=over).update(
        state=ImportJob.State.STOPPED, finished_at=timezone.now() - LONG_AGO
    )


def _events_nobody_heard_of(actor: Actor, work: Work) -> None:
    """One of every kind that somebody listens to and that nothing above has caused."""
    from crm.listing.exporting.events import EXPORT_ENDED
    from crm.listing.importing.events import IMPORT_FAILED, IMPORT_FINISHED
    from crm.records.events import JOB_FINISHED
    from crm.records.models import BackgroundJob, ExportJob

    calendar = BusinessCalendar._base_manager.order_by("pk")[0]
    record_event(CALENDAR_YEAR_MISSING, calendar, actor=world.SYSTEM, payload={"year": 2031})
    job = BackgroundJob._base_manager.get(pk=work.bulk_job)
    record_event(JOB_FINISHED, job, actor=actor, payload={"title": job.title, "seconds": 60})
    imported = ImportJob._base_manager.get(pk=work.import_job)
    record_event(IMPORT_FINISHED, imported, actor=actor, payload={"file": imported.file_name})
    record_event(IMPORT_FAILED, imported, actor=actor, payload={"file": imported.file_name})
    exported = ExportJob._base_manager.get(pk=work.export_job)
    record_event(
        EXPORT_ENDED, exported, actor=actor, payload={"what": "faults", "state": "done", "seconds": 60}
    )


def _let_time_pass(stage: Stage) -> None:
    for sql in (
        "UPDATE accounts_customer SET deleted_at = deleted_at - interval '60 days' WHERE deleted_at IS NOT NULL",
        "UPDATE accounts_customertag SET expires_at = now() WHERE expires_at IS NOT NULL",
        "UPDATE accounts_customerusergrant SET expires_at = now() WHERE expires_at IS NOT NULL",
        "UPDATE records_idempotencykey SET created_at = created_at - interval '60 days'",
        "UPDATE records_storedfile SET created_at = created_at - interval '60 days'",
        "UPDATE django_session SET expire_date = now() - interval '1 day'",
        "UPDATE automation_outgoingemail SET next_at = now()",
        "UPDATE sales_enrolment SET next_at = now() WHERE next_at IS NOT NULL",
    ):
        stage.change(sql)
