"""Undoing a whole import: new records go, changed ones are as before, what somebody touched since stays."""

import pytest
from rest_framework.test import APIClient

from accounts.models import Activity, Contact, Customer, CustomerTag, LifecycleEvent
from accounts.services import update_customer
from accounts.services.activities import log_follow_up
from accounts.tests.import_tools import carry_on, rows_of, run, xlsx
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.models import Event
from crm.listing.importing import undoing
from crm.records.models import ImportRow

pytestmark = pytest.mark.django_db

HEADER = ["客户名称", "公司电话", "联系人", "手机", "负责人", "标签", "备注", "级别", "上级公司"]


def api_client(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def undo(job):
    return carry_on(undoing.start_undo(job))


def test_new_customers_go_to_the_bin(company):
    job = undo(
        run(
            company.sales1,
            xlsx(HEADER, ["甲有限公司", "0571-88886666", "张三", "13805732216", "", "老客户", "要样本", "A"]),
        )
    )
    assert (job.state, job.undo_counts) == ("undone", {"undone": 1, "kept": 0})
    gone = Customer._base_manager.get(name="甲有限公司")
    assert gone.deleted_at and gone.deleted_by_id == company.sales1.pk
    assert not Contact.objects.filter(customer__deleted_at__isnull=True).exists()
    assert Event.objects.filter(name="customer.deleted", subject_id=str(gone.pk), payload__undo=True).exists()
    assert Event.objects.filter(name="import.undone", subject_id=str(job.pk)).count() == 1


def test_changed_customers_get_everything_back(company):
    actor = company.director
    run(
        actor,
        xlsx(
            HEADER,
            ["甲有限公司", "0571-88886666", "张三", "13805732216", "sales1", "", "", "B", ""],
            ["乙集团公司"],
        ),
    )
    before = Customer.objects.filter(name="甲有限公司").values().get()
    contact = Contact.objects.values().get()
    job = run(
        actor,
        xlsx(
            HEADER,
            [
                "甲有限公司",
                "0571-66668888",
                "张三",
                "13905732217",
                "sales2",
                "重要",
                "换了电话",
                "A",
                "乙集团公司",
            ],
        ),
    )
    assert job.outcome["updated"] == 1
    changed = Customer.objects.get(name="甲有限公司")
    assert (changed.owner, changed.intent, changed.parent.name) == (company.sales2, "A", "乙集团公司")
    assert CustomerTag.objects.exists() and Activity.objects.exists()

    job = undo(job)
    assert (job.state, job.undo_counts) == ("undone", {"undone": 1, "kept": 0})
    after = Customer.objects.filter(pk=changed.pk).values().get()
    moving = {"version", "updated_at", "owner_since", "previous_owner_id"}
    assert {k: v for k, v in after.items() if k not in moving and before[k] != v} == {}
    assert after["version"] > changed.version
    held = Contact.objects.values().get()
    assert {k for k in held if held[k] != contact[k]} <= {"version", "updated_at"}
    assert not CustomerTag.objects.exists() and not Activity.objects.exists()


def test_what_somebody_changed_since_stays_and_is_named(company):
    job = run(
        company.sales1,
        xlsx(
            ["客户名称", "公司电话"], ["甲有限公司", "0571-88886666"], ["乙有限公司", ""], ["丙有限公司", ""]
        ),
    )
    touched = Customer.objects.get(name="甲有限公司")
    update_customer(touched, actor=Actor.of(company.manager1), address="西湖区文三路 1 号")
    visited = Customer.objects.get(name="乙有限公司")
    log_follow_up(
        actor=Actor.of(company.sales1),
        author=company.sales1,
        kind="note",
        customer=visited,
        body="今天上门看了产线",
    )
    job = undo(job)
    assert job.undo_counts == {"undone": 1, "kept": 2}
    assert set(Customer.objects.values_list("name", flat=True)) == {"甲有限公司", "乙有限公司"}
    rows = rows_of(job)
    assert [rows[number].undone for number in (2, 3, 4)] == ["kept", "kept", "undone"]
    assert company.manager1.name in rows[2].errors[-1]["message"]


def test_a_stage_goes_back_with_a_step_of_its_own(company):
    run(company.sales1, xlsx(["客户名称", "客户编号"], ["甲有限公司", "A1"]))
    job = run(company.sales1, xlsx(["客户编号", "客户名称", "生命周期"], ["A1", "甲有限公司", "商机"]))
    assert Customer.objects.get().lifecycle_stage == "opportunity"
    undo(job)
    assert Customer.objects.get().lifecycle_stage == "lead"
    assert list(LifecycleEvent.objects.order_by("pk").values_list("to_stage", flat=True)) == [
        "lead",
        "opportunity",
        "lead",
    ]


def test_contacts_and_follow_ups_can_be_undone_too(company):
    run(company.sales1, xlsx(["客户名称"], ["甲有限公司"]))
    people = run(
        company.sales1, xlsx(["客户", "姓名", "手机"], ["甲有限公司", "张三", "13805732216"]), "contacts"
    )
    told = run(
        company.sales1,
        xlsx(["客户", "日期", "内容"], ["甲有限公司", "2026-06-11", "电话沟通，要样本"]),
        "activities",
    )
    assert undo(told).undo_counts == {"undone": 1, "kept": 0}
    assert undo(people).undo_counts == {"undone": 1, "kept": 0}
    assert not Contact.objects.exists() and not Activity.objects.exists()
    assert Customer.objects.get().last_activity_at is None


def test_it_is_undone_once_and_only_by_whom_it_belongs_to(company):
    job = run(company.sales1, xlsx(["客户名称"], ["甲有限公司"]))
    assert api_client(company.manager1).post(f"/api/v1/imports/{job.pk}/undo/").status_code == 404
    answer = api_client(company.sales1).post(f"/api/v1/imports/{job.pk}/undo/")
    assert (answer.status_code, answer.json()["state"]) == (202, "undoing")
    carry_on(job)
    answer = api_client(company.sales1).get(f"/api/v1/imports/{job.pk}/").json()
    assert (answer["state"], answer["undo"]) == ("undone", {"undone": 1, "kept": 0, "rows": []})
    assert undo(job).undo_counts == {"undone": 1, "kept": 0}


def test_what_wrote_nothing_cannot_be_undone(company):
    sheet = xlsx(["客户名称"], ["甲有限公司"])
    run(company.sales1, sheet)
    sheet.seek(0)
    job = run(company.sales1, sheet)
    with pytest.raises(RuleBroken):
        undoing.start_undo(job)
    answer = api_client(company.sales1).post(f"/api/v1/imports/{job.pk}/undo/")
    assert answer.status_code == 409 and answer.json()["code"] == "nothing_to_undo"


def test_the_page_offers_it_and_lists_what_was_kept(client, company):
    job = run(company.sales1, xlsx(["客户名称"], ["甲有限公司"], ["乙有限公司"]))
    update_customer(
        Customer.objects.get(name="甲有限公司"), actor=Actor.of(company.manager1), address="文三路"
    )
    client.force_login(company.sales1)
    assert f"/imports/{job.pk}/undo/" in client.get(f"/imports/{job.pk}/").content.decode()
    client.post(f"/imports/{job.pk}/undo/")
    carry_on(job)
    page = client.get(f"/imports/{job.pk}/").content.decode()
    assert "甲有限公司" in page and company.manager1.name in page and "乙有限公司" not in page
    assert f"/imports/{job.pk}/undo/" not in page
    assert ImportRow.objects.filter(undone="kept").count() == 1
