"""Imports and merges: what became part of another customer is kept by an undo, and found by its new name."""

import pytest

from accounts.models import Contact, Customer
from accounts.services.merging import merge_customers, undo_merge
from accounts.tests.import_tools import carry_on, rows_of, run, xlsx
from crm.events.actor import Actor
from crm.listing.importing import undoing

pytestmark = pytest.mark.django_db

ROWS = [
    ["客户名称", "联系人", "手机"],
    ["甲有限公司", "张三", "13805732216"],
    ["甲有限公司", "李四", "13805732217"],
    ["乙有限公司", "王五", "13805732218"],
    ["丙有限公司", "赵六", "13805732219"],
]


def merged(company):
    job = run(company.sales1, xlsx(*ROWS))
    winner, loser = (Customer.objects.get(name=name) for name in ("甲有限公司", "乙有限公司"))
    return job, merge_customers(winner, loser, actor=Actor.of(company.director)), winner, loser


def test_customers_merged_since_are_kept_with_the_reason(company):
    job, _merge, winner, _loser = merged(company)
    job = carry_on(undoing.start_undo(job))
    assert job.undo_counts == {"undone": 1, "kept": 3}
    rows = rows_of(job)
    assert {number: rows[number].undone for number in rows} == {2: "kept", 3: "kept", 4: "kept", 5: "undone"}
    assert (
        winner.name in rows[4].errors[-1]["message"]
        and company.director.name in rows[2].errors[-1]["message"]
    )
    assert list(Customer.objects.values_list("name", flat=True)) == ["甲有限公司"]
    assert set(Contact.objects.filter(customer=winner).values_list("name", flat=True)) == {
        "张三",
        "李四",
        "王五",
    }


def test_customers_parted_again_are_kept_as_well(company):
    job, merge, _winner, _loser = merged(company)
    undo_merge(merge, actor=Actor.of(company.director))
    job = carry_on(undoing.start_undo(job))
    assert job.undo_counts == {"undone": 1, "kept": 3}
    assert set(Customer.objects.values_list("name", flat=True)) == {"甲有限公司", "乙有限公司"}


def test_rows_lead_to_the_customer_theirs_became(company, client):
    job, _merge, winner, _loser = merged(company)
    client.force_login(company.sales1)
    page = client.get(f"/imports/{job.pk}/?tab=all").content.decode()
    assert page.count(f'href="/customers/{winner.pk}/"') == 3
    rows = client.get(f"/api/v1/imports/{job.pk}/rows/").json()["results"]
    assert [row["record"] for row in rows[:3]] == [winner.pk] * 3


def test_rows_of_the_loser_imported_again_meet_the_winner_by_the_review_of_duplicates(company):
    _job, _merge, winner, _loser = merged(company)
    again = run(company.sales1, xlsx(*ROWS), duplicate_action="merge")
    assert again.outcome["created"] == 0
    assert Customer.objects.filter(name="乙有限公司").count() == 0
    assert set(winner.contacts.values_list("name", flat=True)) == {"张三", "李四", "王五"}
