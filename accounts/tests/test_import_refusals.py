"""What an import must not do, and what it says instead."""

import pytest
from django.db import connection

from accounts.models import Customer
from accounts.tests.import_tools import carry_on, check, commit, errors_of, rows_of, run, text_file, xlsx
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.catalogue import sentence_of
from crm.events.models import Event
from crm.identity import services as identity
from crm.identity.tests.factories import SYSTEM, make_user
from crm.listing.importing import jobs, running
from crm.records.models import ImportJob, ImportRow

pytestmark = pytest.mark.django_db

HEADER = ["公司", "手机", "负责人"]
FORMULAS = (
    "=cmd|'/c calc'!A1",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    " =1",
    "＝1",
    "<script>alert(1)</script>",
)


def owners(company, user, *names):
    job = run(user, xlsx(HEADER, *[[f"公司{n}有限公司", "", name] for n, name in enumerate(names)]))
    return {row.number: row for row in rows_of(job).values()}, errors_of(job)


def test_a_salesperson_names_nobody_but_themselves_as_owner(company):
    _rows, errors = owners(company, company.sales1, "sales1", "sales2", "admin", "manager1", "nobody", "")
    assert [(row, code) for row, _column, code in errors] == [
        (3, "owner"),
        (4, "owner"),
        (5, "owner"),
        (6, "unknown_person"),
    ]
    assert set(Customer.objects.values_list("owner__username", flat=True)) == {"sales1"}


def test_a_manager_names_their_own_team(company):
    _rows, errors = owners(company, company.manager1, "sales1", "sales2", "sales3")
    assert [(row, code) for row, _column, code in errors] == [(4, "owner")]


def test_a_former_colleague_asks_for_a_successor(company):
    gone = make_user("gone", "salesperson", company.east, name="李前任")
    identity.deactivate_user(gone, successor=company.sales1, actor=SYSTEM)
    _rows, errors = owners(company, company.manager1, "李前任", "离职-王五")
    assert [(row, code) for row, _column, code in errors] == [(2, "former_owner"), (3, "former_owner")]


def test_a_customer_of_somebody_else_is_occupied_and_stays_as_it_is(company):
    run(company.sales3, xlsx(HEADER, ["丙机械有限公司", "", ""]))
    before = Customer.objects.get()
    job = run(company.sales1, xlsx(HEADER, ["丙机械有限公司", "13805732216", ""]))
    assert errors_of(job) == [(2, "公司", "occupied")]
    after = Customer.objects.get()
    assert (after.phone, after.version, after.owner) == ("", before.version, company.sales3)


def test_ids_of_others_and_ids_that_never_were(company):
    run(company.sales3, xlsx(HEADER, ["丙机械有限公司", "", ""]))
    other = Customer.objects.get().pk
    job = run(company.sales1, xlsx(["Record number", "公司"], [other, "改名"], [999999, "无此"]))
    assert [code for _row, _column, code in errors_of(job)] == ["occupied", "not_found"]
    assert Customer.objects.get().name == "丙机械有限公司"


def test_two_records_of_one_key_are_ambiguous_and_two_rows_of_one_key_are_caught_first(company):
    run(company.sales1, xlsx(["公司", "客户编号"], ["丁电气有限公司", "1"], ["丁电气有限公司", "2"]))
    assert Customer.objects.count() == 2
    job = run(
        company.sales1,
        xlsx(
            ["公司", "网址"],
            ["丁电气有限公司", "a.cn"],
            ["戊公司", "b.cn"],
            ["戊 公司 ", "c.cn"],
            ["戊公司", "d.cn"],
        ),
    )
    codes = [(row, code) for row, _column, code in errors_of(job)]
    assert (2, "ambiguous") in codes and (5, "repeated") in codes and job.outcome["created"] == 2


def test_rows_without_the_chosen_key_go_by_their_name(company):
    sheet = [["公司", "客户编号", "网址"], ["甲有限公司", "1", "a.cn"], ["乙有限公司", "", "b.cn"]]
    assert run(company.sales1, xlsx(*sheet)).key == "external_id"
    job = run(company.sales1, xlsx(*sheet))
    assert job.outcome["unchanged"] == 2 == Customer.objects.count()


@pytest.mark.parametrize(
    ("mode", "outcome"), [("create", (1, 0, 1)), ("update", (0, 1, 0)), ("upsert", (1, 1, 0))]
)
def test_modes(company, mode, outcome):
    run(company.sales1, xlsx(["公司", "网址"], ["甲有限公司", "a.cn"]))
    job = run(
        company.sales1, xlsx(["公司", "网址"], ["甲有限公司", "b.cn"], ["乙有限公司", "c.cn"]), mode=mode
    )
    counts = job.outcome
    assert (counts["created"], counts["updated"], counts["skipped"]) == outcome
    assert sum(counts[name] for name in ImportRow.Outcome.values) == counts["total"] == 2


def test_formulas_and_markup_stay_text_through_import_and_export(company, client):
    sheet = [["公司", "地址"], *[[f"公司{n}有限公司", text] for n, text in enumerate(FORMULAS)]]
    job = run(company.sales1, text_file("\n".join(f'"{a}","{b}"' for a, b in sheet)))
    assert job.outcome["created"] == len(FORMULAS), errors_of(job)
    client.force_login(company.sales1)
    text = b"".join(client.get("/customers/?export=csv&view=all").streaming_content).decode("utf-8-sig")
    for line in text.splitlines()[1:]:
        for cell in line.split(","):
            assert cell.strip('"')[:1] not in ("=", "+", "@", "＝", "\t"), line


def test_bad_cells_are_named_one_by_one(company):
    job = check(
        company.sales1,
        xlsx(
            ["公司", "手机", "邮箱", "信用代码", "成交日期", "网址"],
            ["", "13805732216", "", "", "", ""],
            ["甲有限公司", "1.38E+10", "a.b.c", "91350100M000100Y4Z", "明天", "javascript:alert(1)"],
            ["#REF!", "", "", "", "", ""],
            ["字" * 300, "", "", "", "", ""],
        ),
    )
    found = errors_of(job)
    assert (2, "公司", "required") in found
    assert {column for row, column, _code in found if row == 3} == {
        "手机",
        "邮箱",
        "信用代码",
        "成交日期",
        "网址",
    }
    assert (3, "手机", "scientific") in found
    assert (4, "公司", "formula_error") in found and (5, "公司", "too_long") in found


def test_other_peoples_rights_are_asked_again_when_the_rows_are_written(company):
    job = check(company.sales1, xlsx(HEADER, ["甲有限公司", "", ""]))
    jobs.start_commit(job, actor=Actor.of(company.sales1))
    person = company.sales1
    person.is_active = False
    person.save(update_fields=["is_active"])
    assert carry_on(job).state == "failed"
    assert not Customer.objects.exists()


def test_every_imported_record_says_where_it_came_from(company):
    run(company.sales1, xlsx(HEADER, ["甲有限公司", "", ""], name="华东.xlsx"))
    event = Event._base_manager.get(name="customer.imported")
    assert (event.actor_name, event.payload["file"], event.payload["row"], event.origin) == (
        "Sales1",
        "华东.xlsx",
        2,
        "import",
    )
    assert "华东.xlsx" in sentence_of(event)


def test_a_double_press_imports_once_and_a_stop_leaves_the_rest(company, monkeypatch):
    from crm.listing.importing import committing

    monkeypatch.setattr(committing, "CHUNK", 2)
    job = check(company.sales1, xlsx(HEADER, *[[f"公司{n}有限公司", "", ""] for n in range(6)]))
    jobs.start_commit(job, actor=Actor.of(company.sales1))
    jobs.start_commit(job, actor=Actor.of(company.sales1))
    running.advance(job.pk, seconds=-1)
    jobs.stop(job, actor=Actor.of(company.sales1))
    job = carry_on(job)
    assert job.state == "stopped"
    assert job.outcome["created"] == 2 == Customer.objects.count() and job.outcome["skipped"] == 4
    assert job.outcome["total"] == 6


def test_a_killed_worker_loses_nothing_and_doubles_nothing(company, monkeypatch):
    """Work goes on in slices of one chunk; between two of them the worker may die as it likes."""
    from crm.listing.importing import checking, committing

    monkeypatch.setattr(checking, "CHUNK", 3)
    monkeypatch.setattr(committing, "CHUNK", 3)
    job = jobs.start_import(
        company.sales1, xlsx(HEADER, *[[f"公司{n}有限公司", "", ""] for n in range(10)]), "customers"
    )
    real, calls = committing._finish, []

    def dies(*args):
        calls.append(1)
        if len(calls) % 2:
            raise KeyboardInterrupt
        real(*args)

    monkeypatch.setattr(committing, "_finish", dies)
    for _n in range(40):
        try:
            if not running.advance(job.pk, seconds=-1):
                break
        except KeyboardInterrupt:
            ImportJob._base_manager.filter(pk=job.pk).update(attempts=0)
    job.refresh_from_db()
    assert job.state == "done" and job.outcome["created"] == 10 == Customer.objects.count()
    assert Event._base_manager.filter(name="customer.imported").count() == 10


def test_a_job_that_kills_every_worker_is_given_up(company):
    job = jobs.start_import(company.sales1, xlsx(HEADER, ["甲有限公司", "", ""]), "customers")
    ImportJob._base_manager.filter(pk=job.pk).update(attempts=5)
    assert carry_on(job).state == "failed"


def test_twenty_thousand_rows_are_all_accounted_for(company, django_assert_max_num_queries):
    lines = ["公司,手机,客户编号"] + [f"公司{n}有限公司,{13800000000 + n},{n}" for n in range(20_050)]
    lines[77] = "公司坏有限公司,123,x"
    lines[500] = ",13800000000,y"
    with django_assert_max_num_queries(800):  # in sets, not by row; a slow machine does it in more goes
        job = run(company.sales1, text_file("\n".join(lines)))
    counts = job.outcome
    assert (counts["total"], counts["created"], counts["failed"]) == (20_050, 20_048, 2)
    assert Customer.objects.count() == 20_048
    with django_assert_max_num_queries(800):
        again = run(company.sales1, text_file("\n".join(lines)))
    assert again.outcome["unchanged"] == 20_048 and again.outcome["updated"] == 0
    with connection.cursor() as cursor:  # or the foreign keys are looked at as if the tables were still small
        cursor.execute("ANALYZE")


def test_the_chinese_customer_list_of_three_hundred(company, test_data):
    path = test_data / "cn_customers_import" / "客户信息表_300.xlsx"
    job = run(company.sales1, text_file(path.read_bytes(), name=path.name))
    assert job.mapping["姓名"] == "name" and job.mapping["手机号"] == "phone"
    assert (job.outcome["created"], job.outcome["failed"]) == (300, 0), errors_of(job)[:5]
    assert Customer.objects.filter(kind="person").count() == 300


def test_the_listed_companies_in_gbk_and_the_accounts_of_the_sales_set(company, test_data):
    path = test_data / "cn_companies" / "stock_basic_gbk.csv"
    job = run(
        company.sales1,
        text_file(path.read_bytes(), name=path.name),
        mapping={"股票名称": "name", "股票代码": "external_id"},
    )
    assert job.outcome["created"] == 4347, errors_of(job)[:5]
    path = test_data / "maven_crm" / "accounts.csv"
    job = run(company.sales1, text_file(path.read_bytes(), name=path.name))
    assert job.outcome["created"] == 85, errors_of(job)[:5]
    assert Customer.objects.filter(parent__isnull=False).count() == 15


def test_an_import_that_has_begun_is_not_mapped_anew(company):
    job = run(company.sales1, xlsx(HEADER, ["甲有限公司", "", ""]))
    with pytest.raises(RuleBroken):
        jobs.remap(job, mapping={"公司": "name"})
    with pytest.raises(RuleBroken):
        commit(check(company.sales1, xlsx(["颜色"], ["红"]), interactive=True))
