"""Several rows, or several columns, about one customer: one customer with its people, tags and key facts."""

import datetime
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from accounts.models import Activity, Contact, Customer, CustomerTag, Highlight
from accounts.services import update_customer
from accounts.tests.factories import make_customer
from accounts.tests.import_tools import carry_on, check, commit, errors_of, rows_of, run, text_file, xlsx
from crm.events.actor import Actor
from crm.listing.importing import checking, committing, mending, undoing

pytestmark = pytest.mark.django_db

HEADER = ["客户名称", "联系人", "联系人电话", "职务", "负责人", "标签", "关键信息", "跟进记录"]
ROWS = [
    ["甲有限公司", "张三", "13805732216", "采购经理", "sales1", "重点", "预算：80万", ""],
    [
        "甲有限公司",
        "李四",
        "13805732217",
        "总经理",
        "",
        "老客户",
        "决策人：李四",
        "2026-06-11 电话沟通要样本",
    ],
    ["乙有限公司", "王五", "13805732218", "", "", "", "", ""],
    [" 甲有限公司 ", "赵六", "13805732219", "财务", "sales1", "", "", ""],
]


def people(name: str) -> list[tuple[str, bool]]:
    return list(Contact.objects.filter(customer__name=name).order_by("pk").values_list("name", "is_primary"))


def test_several_rows_of_one_customer_are_one_customer_with_several_contacts(company):
    job = check(company.sales1, xlsx(HEADER, *ROWS))
    assert errors_of(job) == []
    assert (job.outcome["created"], job.outcome["total"]) == (4, 4)
    assert job.tally == {"customers": 2, "contacts": 4}
    job = commit(job)
    assert job.tally == {"customers": 2, "contacts": 4} and job.outcome["created"] == 4
    assert Customer.objects.count() == 2
    assert people("甲有限公司") == [("张三", True), ("李四", False), ("赵六", False)]
    customer = Customer.objects.get(name="甲有限公司")
    assert set(customer.tags.values_list("name", flat=True)) == {"重点", "老客户"}
    assert [str(fact) for fact in customer.highlights.all()] == ["预算: 80万", "决策人: 李四"]
    assert Activity.objects.get().customer == customer
    assert "13805732219" in customer.search_text


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_rows_of_one_customer_in_different_chunks(company, monkeypatch, chunk):
    monkeypatch.setattr(checking, "CHUNK", chunk)
    monkeypatch.setattr(committing, "CHUNK", chunk)
    monkeypatch.setattr(undoing, "CHUNK", chunk)
    job = run(company.sales1, xlsx(HEADER, *ROWS))
    assert (job.outcome["created"], job.tally) == (4, {"customers": 2, "contacts": 4})
    assert len(people("甲有限公司")) == 3
    job = carry_on(undoing.start_undo(job))
    assert job.undo_counts == {"undone": 4, "kept": 0}
    assert not Customer.objects.exists()


def test_a_second_run_changes_nothing(company):
    run(company.sales1, xlsx(HEADER, *ROWS))
    job = run(company.sales1, xlsx(HEADER, *ROWS))
    assert job.outcome["unchanged"] == 4
    assert (Contact.objects.count(), Highlight.objects.count(), Activity.objects.count()) == (4, 2, 1)


def test_rows_that_contradict_each_other_are_refused(company):
    job = run(
        company.sales1,
        xlsx(
            ["客户名称", "网址", "联系人"],
            ["甲有限公司", "a.cn", "张三"],
            ["甲有限公司", "b.cn", "李四"],
            ["甲有限公司", "", "王五"],
            ["甲有限公司", "a.cn", "张三"],
        ),
    )
    assert errors_of(job) == [(3, "网址", "repeated"), (5, "客户名称", "repeated")]
    assert [name for name, _main in people("甲有限公司")] == ["张三", "王五"]


def test_merged_and_blank_cells_below_a_customer(company):
    upload = xlsx(
        ["客户名称", "地址", "联系人", "手机"],
        ["甲有限公司", "文三路", "张三", "13805732216"],
        ["", "", "李四", "13805732217"],
        ["", "", "王五", ""],
        ["", "文一路", "赵六", ""],
    )
    job = run(company.sales1, upload)
    assert errors_of(job) == [(5, "客户名称", "required")]
    assert [name for name, _main in people("甲有限公司")] == ["张三", "李四", "王五"]


def test_a_person_below_a_row_with_an_error_waits_for_it(company):
    job = check(
        company.manager1,
        text_file("客户名称,负责人,联系人\n甲有限公司,小销,张三\n,,李四\n乙有限公司,,王五\n"),
    )
    assert [(row, code) for row, _column, code in errors_of(job)] == [(2, "unknown_person"), (3, "first_row")]
    job = mending.mend(job, field="owner", value="sales1", row=2)
    assert errors_of(job) == [] and job.tally == {"customers": 2, "contacts": 3}
    commit(job)
    assert people("甲有限公司") == [("张三", True), ("李四", False)]


def test_two_contacts_in_one_row(company):
    job = run(
        company.sales1,
        xlsx(
            ["客户名称", "联系人1", "联系人1电话", "联系人2", "联系人2电话", "联系人2职务"],
            ["甲有限公司", "张三", "13805732216", "李四", "13805732217", "总经理"],
            ["乙有限公司", "王五", "", "", "", ""],
            ["丙有限公司", "", "", "", "13805732218", ""],
        ),
    )
    assert errors_of(job) == [(4, "联系人2", "contact_name")]
    assert job.tally == {"customers": 2, "contacts": 3}
    assert people("甲有限公司") == [("张三", True), ("李四", False)]
    assert Contact.objects.get(name="李四").title == "总经理"


def test_columns_of_the_same_name_twice_are_two_people(company):
    job = check(
        company.sales1,
        xlsx(
            ["客户名称", "联系人", "手机", "联系人", "手机"],
            ["甲有限公司", "张三", "13805732216", "李四", "13805732217"],
        ),
    )
    assert job.mapping == {
        "客户名称": "name",
        "联系人": "contact_name",
        "手机": "contact_phone",
        "联系人 (2)": "contact2_name",
        "手机 (2)": "contact2_phone",
    }


def test_more_people_for_a_customer_that_is_there_and_back_again(company):
    customer = make_customer(company.sales1, "甲有限公司", contact={"name": "张三", "phone": "13805732216"})
    job = run(company.sales1, xlsx(HEADER, *ROWS[:2]))
    assert job.outcome["updated"] == 2
    assert people("甲有限公司") == [("张三", True), ("李四", False)]
    assert CustomerTag.objects.count() == 2 and Highlight.objects.count() == 2
    job = carry_on(undoing.start_undo(job))
    assert job.undo_counts == {"undone": 2, "kept": 0}
    assert people("甲有限公司") == [("张三", True)]
    assert not CustomerTag.objects.exists() and not Highlight.objects.exists()
    assert Contact.objects.get().title == ""
    assert customer.pk == Customer.objects.get().pk


def test_rows_of_a_customer_somebody_touched_are_kept_together(company):
    job = run(company.sales1, xlsx(HEADER, *ROWS))
    update_customer(
        Customer.objects.get(name="甲有限公司"), actor=Actor.of(company.manager1), address="文三路 1 号"
    )
    job = carry_on(undoing.start_undo(job))
    assert job.undo_counts == {"undone": 1, "kept": 3}
    assert {number for number, row in rows_of(job).items() if row.undone == "kept"} == {2, 3, 5}
    assert len(people("甲有限公司")) == 3


def test_more_key_facts_than_a_customer_may_have(company):
    facts = "；".join(f"要点{n}：事实{n}" for n in range(4))
    job = run(
        company.sales1,
        xlsx(
            ["客户名称", "联系人", "关键信息"],
            ["甲有限公司", "张三", facts],
            ["甲有限公司", "李四", "预算：1；决策人：2"],
        ),
    )
    assert Highlight.objects.count() == 5 == Highlight.MOST
    assert [(row, code) for row, _column, code in errors_of(job)] == [(3, "too_many_facts")]


def test_day_numbers_of_a_workbook_that_counts_from_1904(company):
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    for row in (["客户名称", "成交日期"], ["甲有限公司", 44700], ["乙有限公司", datetime.date(2026, 5, 20)]):
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    job = run(company.sales1, SimpleUploadedFile("mac.xlsx", target.getvalue()))
    assert errors_of(job) == []
    assert set(Customer.objects.values_list("first_deal_at", flat=True)) == {datetime.date(2026, 5, 20)}
