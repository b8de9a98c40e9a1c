"""Rows of an import that may be customers one has already."""

import pytest

from accounts.models import Customer
from accounts.tests.factories import make_customer
from accounts.tests.import_tools import carry_on, check, commit, errors_of, run, xlsx
from crm.records.models import ImportJob

pytestmark = pytest.mark.django_db
NAME = "杭州云杉网络科技有限公司"
ROWS = [
    ["客户名称", "联系人", "手机"],
    ["云杉网络科技（杭州）有限公司", "李雷", "13900001111"],
    ["毫不相干有限公司", "韩梅", "13900002222"],
    ["号码相同有限公司", "沈立群", "138 0576 2218"],
    ["杭州云杉网络技术有限公司", "王伟", "13900003333"],
]


@pytest.fixture
def known(company):
    return make_customer(company.sales3, NAME, contact={"name": "沈立群", "phone": "13805762218"})


def test_they_are_pointed_out(company, known):
    job = check(company.sales1, xlsx(*ROWS))
    assert errors_of(job) == [(row, "客户名称", "duplicate") for row in (2, 4, 5)]
    assert (job.outcome["created"], job.outcome["failed"]) == (4, 0)
    done = commit(job)
    assert done.outcome["created"] == 4 and Customer.objects.count() == 5


def test_they_are_left_out(company, known):
    job = run(company.sales1, xlsx(*ROWS), duplicate_action="skip")
    assert (job.outcome["created"], job.outcome["skipped"], job.outcome["failed"]) == (2, 2, 0)
    assert set(Customer.objects.exclude(pk=known.pk).values_list("name", flat=True)) == {
        "毫不相干有限公司",
        "杭州云杉网络技术有限公司",
    }


def test_they_are_refused_with_the_owner_and_nothing_more(company, known):
    job = run(company.sales1, xlsx(*ROWS), duplicate_action="block")
    assert (job.outcome["created"], job.outcome["failed"]) == (2, 2)
    message = job.rows.get(number=2).errors[0]["message"]
    assert NAME in message and "Sales3" in message and "138" not in message


def test_what_came_into_being_since_the_check_counts(company):
    job = check(company.sales1, xlsx(*ROWS), duplicate_action="skip")
    assert job.outcome["created"] == 4 or job.outcome["skipped"] == 0
    make_customer(company.sales3, NAME)
    assert commit(job).outcome["skipped"] == 1


def test_chosen_on_the_page(company, known, client):
    job = check(company.sales1, xlsx(*ROWS))
    client.force_login(company.sales1)
    assert 'value="skip" form="mapping-form"' in client.get(f"/imports/{job.pk}/").content.decode()
    client.post(f"/imports/{job.pk}/mapping/", {"duplicate_action": "skip"})
    assert carry_on(job).outcome["skipped"] == 2
    client.post(f"/imports/{job.pk}/mapping/", {"duplicate_action": "nonsense"})
    job.refresh_from_db()
    assert job.duplicate_action == "skip"


def test_by_the_api(company, known, client):
    client.force_login(company.sales1)
    answer = client.post(
        "/api/v1/imports/", {"file": xlsx(*ROWS), "resource": "customers", "duplicate_action": "block"}
    )
    assert answer.status_code == 202 and answer.json()["duplicate_action"] == "block"
    job = carry_on(ImportJob._base_manager.get(pk=answer.json()["id"]))
    assert job.outcome["failed"] == 2
    wrong = client.post(
        "/api/v1/imports/", {"file": xlsx(*ROWS), "resource": "customers", "duplicate_action": "merge"}
    )
    assert wrong.status_code == 400
