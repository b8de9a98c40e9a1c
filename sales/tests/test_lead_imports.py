import pytest
from django.core.exceptions import PermissionDenied

from accounts.tests.import_tools import carry_on, check, run, text_file, xlsx
from crm.events.actor import Actor
from crm.events.models import Event
from crm.identity import services as identity
from crm.identity.tests.factories import make_company
from crm.listing.importing import undoing
from crm.records.models import ImportRow
from crm.records.services.custom_fields import create_field
from sales import services
from sales.models import Lead
from sales.tests.factories import SYSTEM, make_lead

pytestmark = pytest.mark.django_db
HEAD = ["姓名", "公司名称", "手机", "线索来源", "状态", "预算（万）", "所属行业", "城市"]


@pytest.fixture
def company():
    return make_company()


def errors(job):
    rows = ImportRow._base_manager.filter(job=job).order_by("number")
    return [(row.outcome, [error["code"] for error in row.errors]) for row in rows]


def test_a_sheet_of_leads_is_understood_without_help(company):
    create_field(model="sales.lead", kind="text", label_zh="现有设备", key="machine", actor=SYSTEM)
    sheet = xlsx(
        [*HEAD, "现有设备"],
        ["王敏", "苏州博远科技有限公司", "138 1234 5678", "展会", "跟进中", "48", "制造业", "苏州市", "C200"],
        ["李娜", "", "13812345679", "抖音直播间", "", "", "", "", ""],
    )
    job = run(company.sales1, sheet, "leads")
    assert (job.state, job.counts["created"]) == ("done", 2)
    first, second = Lead.objects.order_by("pk")
    assert (first.owner, first.team, first.phone_key) == (company.sales1, company.east, "+8613812345678")
    assert (first.source, first.status, first.budget, first.region_id) == (
        "exhibition",
        "working",
        480000,
        "320500",
    )
    assert (first.custom, first.company_core) == ({"machine": "C200"}, "博远科技")
    assert (second.source, second.channel) == ("other", "抖音直播间")
    assert first.score > 0 and first.scored_at is not None
    assert Event.objects.filter(name="lead.imported").count() == 2


def test_every_bad_row_says_why_and_the_good_ones_go_in(company):
    make_lead(company.sales3, "老线索", phone="13900000001")
    rows = [
        ["没电话", "甲公司", "", "", "", "", "", ""],
        ["错号", "乙公司", "1381234", "", "", "", "", ""],
        ["负预算", "丙公司", "13812345670", "", "", "-5", "", ""],
        ["天价", "丁公司", "13812345671", "", "", "9" * 30, "", ""],
        ["错状态", "戊公司", "13812345672", "", "随便", "", "", ""],
        ["同号", "己公司", "139 0000 0001", "", "", "", "", ""],
        ["=cmd|'/c calc'!A1", "庚公司", "13812345673", "", "", "", "", ""],
        ["赵磊", "辛公司", "13812345674", "", "", "", "", ""],
        ["", "壬公司", "13812345675", "", "", "", "", ""],
    ]
    job = run(company.sales1, xlsx(HEAD, *rows), "leads")
    found = dict(zip([row[0] for row in rows], errors(job), strict=True))
    assert found["没电话"] == ("failed", ["no_way"])
    for name in ("错号", "负预算", "天价", "错状态", ""):
        assert found[name][0] == "failed", name
    assert found["同号"][0] in ("failed", "skipped")
    assert found["赵磊"][0] == "created"
    counts = job.counts
    assert counts["total"] == len(rows) == sum(v for k, v in counts.items() if k != "total")
    assert Lead.objects.filter(owner=company.sales3).get().name == "老线索"


def test_the_same_file_twice_changes_nothing(company):
    sheet = lambda: xlsx(HEAD, ["王敏", "博远", "13812345678", "展会", "", "", "", ""])  # noqa: E731
    run(company.sales1, sheet(), "leads", mode="upsert")
    again = run(company.sales1, sheet(), "leads", mode="upsert")
    assert (again.counts["unchanged"], Lead.objects.count()) == (1, 1)


def test_an_update_changes_what_differs_and_can_be_undone(company):
    lead = make_lead(company.sales1, "王敏", phone="13812345678")
    sheet = text_file("姓名,手机,职务,状态\n王敏,13812345678,采购经理,已确认\n", name="leads.csv")
    job = run(company.sales1, sheet, "leads", mode="upsert")
    lead.refresh_from_db()
    assert (lead.title, lead.status) == ("采购经理", "qualified")
    carry_on(undoing.start_undo(job))
    lead.refresh_from_db()
    assert (lead.title, lead.status) == ("", "new")


def test_new_ones_go_to_the_bin_when_undone_unless_somebody_went_on(company):
    sheet = xlsx(HEAD, *[[f"线索{n}", "甲", f"1381234000{n}", "", "", "", "", ""] for n in range(2)])
    job = run(company.sales1, sheet, "leads")
    kept = Lead.objects.order_by("pk").first()
    services.move_lead(kept, to="qualified", actor=Actor.of(company.sales1))
    carry_on(undoing.start_undo(job))
    assert list(Lead.objects.all()) == [kept]


def test_leads_of_others_and_converted_ones_stay(company):
    make_lead(company.sales3, "王敏", phone="13812345678")
    mine = make_lead(company.sales1, "李娜", phone="13812345679")
    services.convert_lead(mine, owner=None, actor=SYSTEM)
    sheet = text_file("姓名,手机,职务\n王敏,13812345678,总监\n李娜,13812345679,总监\n", name="leads.csv")
    job = run(company.sales1, sheet, "leads", mode="update")
    assert [outcome for outcome, _codes in errors(job)] == ["failed", "failed"]
    assert not Lead.objects.filter(title="总监").exists()


def test_who_may_not_import_leads_is_refused(company):
    with pytest.raises(PermissionDenied):
        check(company.marketing2, text_file("姓名,手机\n王敏,13812345678\n"), "leads")


def test_the_list_goes_out_and_comes_in_again(company, client):
    make_lead(company.sales1, "王敏", phone="13812345678", source="exhibition")
    client.force_login(company.sales1)
    answer = client.get("/leads/?export=csv")
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    job = run(company.sales1, text_file(content, name="leads.csv"), "leads", mode="upsert")
    assert job.counts["failed"] == 0 and Lead.objects.count() == 1


def test_who_edits_a_lead_does_not_take_it_by_a_sheet(company):
    lead = make_lead(company.sales3, "王敏", phone="13812345678")
    identity.share(lead, user=company.sales1, level="edit", actor=SYSTEM)
    sheet = text_file("姓名,手机,职务,负责人\n王敏,13812345678,总监,sales1\n", name="leads.csv")
    assert errors(run(company.sales1, sheet, "leads", mode="update")) == [("failed", ["transfer"])]
    lead.refresh_from_db()
    assert (lead.owner, lead.title) == (company.sales3, "")
