"""Mending a checked sheet in its preview: cells typed anew, suggestions accepted, successors named."""

import pytest
from rest_framework.test import APIClient

from accounts.models import Customer
from accounts.tests.import_tools import carry_on, check, commit, errors_of, rows_of, xlsx
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.identity.services import deactivate_user
from crm.listing.importing import jobs, mending

pytestmark = pytest.mark.django_db

HEADER = ["公司", "联系人", "手机", "级别", "负责人", "邮箱"]


@pytest.fixture
def named(company):
    """Colleagues with Chinese names."""
    for key, name in (("sales1", "林晓雯"), ("sales2", "周子涵")):
        person = getattr(company, key)
        person.name = name
        person.save(update_fields=["name"])
    return company


def test_a_red_cell_is_typed_anew(named):
    job = check(
        named.sales1,
        xlsx(HEADER, ["台州巨峰精工", "蒋文博", "1380576221", "A"], ["", "田甜", "15857913346", "C"]),
    )
    assert job.outcome["failed"] == 2
    job = mending.mend(job, field="contact_phone", value="13805762218", row=2)
    assert (job.outcome["created"], job.outcome["failed"]) == (1, 1)
    job = mending.mend(job, field="name", value="常熟博元汽配", row=3)
    assert job.outcome["failed"] == 0
    commit(job)
    assert Customer.objects.get(name="台州巨峰精工").contacts.get().phone == "+8613805762218"
    assert Customer.objects.filter(name="常熟博元汽配").exists()


def test_near_misses_are_suggested_and_accepted_at_once(named):
    job = check(
        named.director,
        xlsx(
            HEADER,
            ["甲有限公司", "", "", "VIP", "子涵", ""],
            ["乙有限公司", "", "", "A", "林晓文", ""],
            ["丙有限公司", "", "", "B", "小周子涵", ""],
            ["丁有限公司", "", "", "", "", "info@ding，com"],
            ["戊有限公司", "", "1380576221", "", "", ""],
        ),
    )
    suggested = {
        (row, e["field"]): e.get("suggestion", "") for row, r in rows_of(job).items() for e in r.errors
    }
    assert suggested[2, "tier"] == "A" and suggested[2, "owner"] == "周子涵"
    assert suggested[3, "owner"] == "林晓雯"
    assert suggested[5, "contact_email"] == "info@ding.com"
    assert mending.suggestions(job) == 5
    job = mending.accept_suggestions(job)
    assert [row for row, _column, _code in errors_of(job)] == [6]
    commit(job)
    assert Customer.objects.get(name="甲有限公司").owner == named.sales2
    assert Customer.objects.get(name="乙有限公司").owner == named.sales1
    assert Customer.objects.get(name="丁有限公司").email == "info@ding.com"


def test_a_successor_takes_over_every_row_of_somebody_who_has_left(named):
    deactivate_user(named.sales2, actor=Actor.of(named.director))
    sheet = xlsx(
        HEADER,
        *([f"{n}号有限公司", "", "", "", "周子涵", ""] for n in range(3)),
        ["别的公司", "", "", "", "离职-李四", ""],
    )
    job = check(named.director, sheet)
    run = mending.Run(job, jobs.resource_for(job), job.user)
    assert mending.former_people(run) == [("owner", "周子涵", 3), ("owner", "离职-李四", 1)]
    job = mending.mend(job, field="owner", text="周子涵", value="sales1")
    assert (job.outcome["created"], job.outcome["failed"]) == (3, 1)
    commit(job)
    assert Customer.objects.filter(owner=named.sales1).count() == 3


def test_what_was_mended_holds_when_the_columns_are_assigned_anew(named):
    job = check(named.sales1, xlsx(HEADER, ["甲有限公司", "张三", "138", "VIP", "", ""]))
    mending.mend(job, field="contact_phone", value="13805762218", row=2)
    job = mending.accept_suggestions(job)
    assert job.outcome["failed"] == 0
    mapping = {header: name for header, name in job.mapping.items() if name != "email"}
    job = carry_on(jobs.remap(job, mapping=mapping))
    assert (job.state, job.outcome["failed"], job.outcome["created"]) == ("ready", 0, 1)


def test_a_mended_key_meets_the_other_rows(named):
    job = check(named.sales1, xlsx(HEADER, ["甲有限公司", "", "", "A"], ["", "张三", "", "B"]))
    assert errors_of(job) == [(3, "公司", "required")]
    job = mending.mend(job, field="name", value="甲有限公司", row=3)
    assert errors_of(job) == [(3, "级别", "repeated")]
    job = mending.mend(job, field="tier", value="A", row=3)
    assert errors_of(job) == [] and job.tally == {"customers": 1, "contacts": 1}


def test_many_rows_are_checked_again_in_the_background(named, monkeypatch):
    monkeypatch.setattr(mending, "AT_ONCE", 2)
    job = check(named.sales1, xlsx(HEADER, *([f"{n}号有限公司", "", "", "VIP"] for n in range(4))))
    job = mending.accept_suggestions(job)
    assert job.state == "queued"
    assert carry_on(job).outcome["created"] == 4


def test_only_a_checked_import_of_ones_own_can_be_mended(named, client):
    job = check(named.sales1, xlsx(HEADER, ["甲有限公司", "张三", "138"]))
    client.force_login(named.manager1)
    assert (
        client.post(
            f"/imports/{job.pk}/mend/", {"row": 2, "field": "contact_phone", "value": "1"}
        ).status_code
        == 404
    )
    commit(job)
    with pytest.raises(RuleBroken):
        mending.mend(job, field="contact_phone", value="13805762218", row=2)


def test_the_page_and_the_api_mend_alike(named, client):
    job = check(named.sales1, xlsx(HEADER, ["甲有限公司", "张三", "138", "VIP"]))
    client.force_login(named.sales1)
    page = client.get(f"/imports/{job.pk}/").content.decode()
    assert f'action="/imports/{job.pk}/mend/"' in page and 'value="138"' in page
    answer = client.post(
        f"/imports/{job.pk}/mend/", {"accept": "1", "tab": "errors"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200 and 'id="import-foot" hx-swap-oob="true"' in answer.content.decode()
    api = APIClient()
    api.force_authenticate(named.sales1)
    answer = api.post(
        f"/api/v1/imports/{job.pk}/mend/",
        {"row": 2, "field": "contact_phone", "value": "13805762218"},
        format="json",
    )
    assert answer.status_code == 200 and answer.json()["counts"]["failed"] == 0
    answer = api.post(f"/api/v1/imports/{job.pk}/mend/", {"field": "nothing", "value": "x"}, format="json")
    assert answer.status_code in (400, 409)
