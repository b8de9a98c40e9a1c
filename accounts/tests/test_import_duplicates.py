"""Rows of an import that may be customers one has already."""

import pytest

from accounts.models import Customer
from accounts.tests.factories import make_customer
from accounts.tests.import_tools import carry_on, check, commit, errors_of, run, xlsx
from crm.core.writes import RuleBroken
from crm.listing.importing import mending, undoing
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
    assert (job.outcome["created"], job.outcome["skipped"]) == (4, 0)
    make_customer(company.sales3, NAME)
    assert commit(job).outcome["skipped"] == 1


def test_chosen_on_the_page(company, known, client):
    job = check(company.sales1, xlsx(*ROWS))
    client.force_login(company.sales1)
    assert 'name="duplicate_action" value="skip"' in client.get(f"/imports/{job.pk}/").content.decode()
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


def test_nothing_known_is_no_choice(company, known, client):
    client.force_login(company.sales1)
    wrong = client.post(
        "/api/v1/imports/", {"file": xlsx(*ROWS), "resource": "customers", "duplicate_action": "swallow"}
    )
    assert wrong.status_code == 400


# --- Merge, overwrite, skip ------------------------------------------------------------------------

SHEET = [
    ["客户名称", "地址", "网址", "联系人", "手机", "标签"],
    ["云杉网络科技（杭州）有限公司", "文三路 1 号", "new.cn", "李雷", "13900001111", "重点"],
    ["杭州云杉网络技术有限公司", "文一路", "", "韩梅", "13900002222", ""],
]


@pytest.fixture
def mine(company):
    return make_customer(
        company.sales1, NAME, website="https://old.cn", contact={"name": "李雷", "phone": "13800000000"}
    )


def test_merged_rows_fill_what_is_empty_and_add_people_and_tags(company, mine):
    job = check(company.sales1, xlsx(*SHEET), duplicate_action="merge")
    assert (job.outcome["updated"], job.outcome["created"]) == (1, 1)
    assert errors_of(job) == [(2, "客户名称", "merged"), (3, "客户名称", "duplicate")]
    commit(job)
    mine.refresh_from_db()
    assert (mine.name, mine.address, mine.website) == (NAME, "文三路 1 号", "https://old.cn")
    assert mine.contacts.get().phone == "+8613800000000"
    assert list(mine.tags.values_list("name", flat=True)) == ["重点"]
    assert Customer.objects.count() == 2


def test_overwritten_rows_take_what_the_file_says_and_undo_gives_it_back(company, mine):
    before = Customer.objects.values().get()
    job = run(company.sales1, xlsx(*SHEET), duplicate_action="overwrite")
    mine.refresh_from_db()
    assert (mine.name, mine.address, mine.website) == (
        "云杉网络科技（杭州）有限公司",
        "文三路 1 号",
        "https://new.cn",
    )
    assert mine.contacts.get().phone == "+8613900001111"
    job = carry_on(undoing.start_undo(job))
    assert job.undo_counts == {"undone": 2, "kept": 0}
    after = Customer.objects.values().get()
    assert {name for name in before if before[name] != after[name]} <= {"version", "updated_at"}
    assert mine.contacts.get().phone == "+8613800000000" and not mine.tags.exists()


def test_a_choice_for_one_row_wins(company, mine):
    job = check(company.sales1, xlsx(*SHEET), duplicate_action="merge")
    job = mending.decide(job, row=2, action="new")
    job = mending.decide(job, row=3, action="overwrite", record=mine.pk)
    assert (job.outcome["updated"], job.outcome["created"]) == (1, 1)
    job = commit(job)
    mine.refresh_from_db()
    assert (mine.name, mine.address) == ("杭州云杉网络技术有限公司", "文一路")
    assert Customer.objects.filter(name="云杉网络科技（杭州）有限公司").exists()


def test_a_choice_can_be_taken_back_and_a_row_left_out(company, mine):
    job = check(company.sales1, xlsx(*SHEET))
    job = mending.decide(job, row=2, action="skip")
    assert (job.outcome["skipped"], job.outcome["created"]) == (1, 1)
    job = mending.decide(job, row=2, action="")
    assert (job.outcome["skipped"], job.outcome["created"]) == (0, 2)
    with pytest.raises(RuleBroken):
        mending.decide(job, row=99, action="skip")


@pytest.mark.parametrize("action", ["merge", "overwrite"])
def test_a_customer_of_somebody_else_is_never_changed(company, known, action):
    before = Customer.objects.values().get()
    people = list(known.contacts.values())
    job = run(company.sales1, xlsx(*ROWS), duplicate_action=action)
    # the same name and region is refused, a shared number only noted: people may share one
    assert [(row, code) for row, _column, code in errors_of(job)] == [
        (2, "occupied"),
        (4, "duplicate"),
        (5, "duplicate"),
    ]
    assert Customer.objects.filter(pk=known.pk).values().get() == before
    assert list(known.contacts.values()) == people


def test_what_is_hidden_shows_its_name_and_owner_alone(company, known, client):
    job = check(company.sales1, xlsx(*ROWS))
    client.force_login(company.sales1)
    row = next(r for r in client.get(f"/api/v1/imports/{job.pk}/rows/?tab=doubtful").json()["results"])
    assert row["suspects"] == [
        {"id": None, "name": NAME, "owner_name": "Sales3", "score": "0.90", "why": [], "open": False}
    ]
    page = client.get(f"/imports/{job.pk}/duplicates/").content.decode()
    assert (
        NAME in page
        and f"/customers/{known.pk}/" not in page
        and "0576 2218" not in page.replace("138 0576 2218", "")
        and "****2218" not in page
    )
    for given in ({"action": "merge"}, {"action": "merge", "record": known.pk}):
        answer = client.post(f"/api/v1/imports/{job.pk}/decide/", {"row": 2, **given}, "application/json")
        assert answer.status_code == 400, answer.content
    job.refresh_from_db()
    assert not job.mended.get("doubles")


def test_a_choice_tampered_with_changes_nothing_of_others(company, known, mine):
    """What was chosen is asked again when the row is written."""
    job = check(company.sales1, xlsx(*SHEET))
    job = mending.decide(job, row=2, action="overwrite", record=mine.pk)
    Customer._base_manager.filter(pk=mine.pk).update(owner=company.sales3, team=company.south)
    job = commit(job)
    assert (2, "客户名称", "occupied") in errors_of(job)
    mine.refresh_from_db()
    assert mine.address == ""


def test_two_equally_likely_ones_ask_for_a_choice(company, mine):
    other = make_customer(company.sales1, "杭州云杉网络科技有限责任公司")
    job = check(company.sales1, xlsx(*SHEET[:2]), duplicate_action="merge")
    assert errors_of(job) == [(2, "客户名称", "ambiguous")]
    job = mending.decide(job, row=2, action="merge", record=other.pk)
    commit(job)
    assert other.contacts.get().name == "李雷"


def test_two_rows_into_one_customer(company, mine):
    job = check(company.sales1, xlsx(*SHEET))
    for row in (2, 3):
        job = mending.decide(job, row=row, action="merge", record=mine.pk)
    commit(job)
    mine.refresh_from_db()
    assert mine.address == "文三路 1 号"  # the first row filled it
    assert set(mine.contacts.values_list("name", flat=True)) == {"李雷", "韩梅"}
    carry_on(undoing.start_undo(job))
    mine.refresh_from_db()
    assert mine.address == "" and mine.contacts.count() == 1


def test_existing_customers_filled_but_not_changed(company, mine):
    sheet = [
        ["客户名称", "地址", "网址", "联系人", "手机"],
        [NAME, "文三路", "new.cn", "李雷", "13900001111"],
    ]
    job = run(company.sales1, xlsx(*sheet), mode="fill")
    assert job.outcome["updated"] == 1
    mine.refresh_from_db()
    assert (mine.address, mine.website, mine.contacts.get().phone) == (
        "文三路",
        "https://old.cn",
        "+8613800000000",
    )


def test_an_external_id_is_not_taken_from_another_customer(company, mine):
    make_customer(company.sales1, "别家有限公司", external_id="E1")
    job = run(company.sales1, xlsx(["客户名称", "客户编号"], [NAME, "E1"]), key="name")
    assert errors_of(job) == [(2, "客户编号", "taken")]


def test_one_by_one_on_the_page(company, mine, client):
    job = check(company.sales1, xlsx(*SHEET))
    client.force_login(company.sales1)
    page = client.get(f"/imports/{job.pk}/").content.decode()
    assert f"/imports/{job.pk}/duplicates/" in page and "90" in page
    page = client.get(f"/imports/{job.pk}/duplicates/").content.decode()
    assert f'value="merge:{mine.pk}"' in page
    answer = client.post(
        f"/imports/{job.pk}/decide/", {"row": 2, "action": f"merge:{mine.pk}"}, headers={"HX-Request": "true"}
    )
    assert f'value="merge:{mine.pk}" selected' in answer.content.decode()
    job.refresh_from_db()
    assert job.mended["doubles"] == {"2": ["merge", mine.pk]}
    answer = client.post(f"/imports/{job.pk}/decide/", {"row": 2, "action": "merge:77"})
    assert answer.status_code == 302
    job.refresh_from_db()
    assert job.mended["doubles"] == {"2": ["merge", mine.pk]}


def test_columns_are_assigned_anew_by_the_api(company, mine, client):
    job = check(company.sales1, xlsx(*SHEET))
    client.force_login(company.sales1)
    answer = client.post(f"/api/v1/imports/{job.pk}/remap/", {"duplicate_action": "skip"}, "application/json")
    assert answer.status_code == 200 and answer.json()["duplicate_action"] == "skip"
    assert carry_on(job).outcome["skipped"] == 1
    answer = client.post(
        f"/api/v1/imports/{job.pk}/remap/", {"mapping": {"客户名称": "nonsense"}}, "application/json"
    )
    assert answer.status_code in (400, 409)
