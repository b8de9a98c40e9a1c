"""Custom fields in spreadsheets."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import Customer
from accounts.tests.custom_tools import OPTIONS, browser, field
from accounts.tests.factories import make_customer
from accounts.tests.import_tools import carry_on, errors_of, rows_of, run, xlsx
from crm.events.models import Event
from crm.identity.tests.factories import Company, make_company
from crm.listing.importing import undoing

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company()


class TestImport:
    def test_every_kind_comes_in_and_out_again(self, company):
        for kind in ("text", "number", "money", "date", "choice", "multi_choice", "boolean", "phone"):
            field(kind, kind, **({"options": OPTIONS} if "choice" in kind else {}))
        field("user", "who")
        header = [
            "客户名称",
            "字段text",
            "字段number",
            "字段money（万元）",
            "字段date",
            "字段choice",
            "Field multi_choice",
            "字段boolean",
            "字段phone",
            "字段who",
        ]
        row = [
            "华星",
            "旧友",
            "3.14159",
            "12",
            "2026年6月11日",
            "金牌",
            "Gold、铁牌",
            "是",
            "13812345678",
            "sales2",
        ]
        job = run(company.sales1, xlsx(header, row))
        assert job.counts["created"] == 1, rows_of(job)[2].errors
        customer = Customer.objects.get()
        assert customer.custom == {
            "text": "旧友", "number": "3.14", "money": "120000.00", "date": "2026-06-11", "choice": "gold",
            "multi_choice": ["gold", "iron"], "boolean": True, "phone": "+8613812345678", "who": company.sales2.pk,
        }  # fmt: skip
        again = run(company.sales1, xlsx(header, row))
        assert again.counts["unchanged"] == 1
        changed = run(
            company.sales1, xlsx(["客户名称", "字段choice"], ["华星", "iron"]), mode="update", key="name"
        )
        assert changed.counts["updated"] == 1
        event = Event.objects.filter(name="customer.updated").latest("pk")
        assert event.changes == {"cf_choice": ["gold", "iron"]}

    def test_wrong_cells_and_missing_ones_are_named(self, company):
        field("choice", "level", options=OPTIONS, required=True)
        when = {"field": "cf_level", "operator": "is", "values": ["gold"]}
        field("text", "why", required_when=when)
        job = run(
            company.sales1,
            xlsx(
                ["客户名称", "Field level"],
                ["甲公司", "银牌"],
                ["乙公司", ""],
                ["丙公司", "金牌"],
                ["丁公司", "铁牌"],
            ),
        )
        assert [(row, code) for row, _column, code in errors_of(job)] == [
            (2, "custom"),
            (3, "required"),
            (4, "required"),
        ]
        assert [c.name for c in Customer.objects.all()] == ["丁公司"]

    def test_a_cell_links_to_no_record_out_of_sight(self, company):
        field("record", "partner", target="accounts.customer")
        seen, hidden = make_customer(company.sales1, name="伙伴公司"), make_customer(company.sales3)
        rows = [["甲公司", seen.name], ["乙公司", hidden.name], ["丙公司", str(hidden.pk)]]
        job = run(company.sales1, xlsx(["客户名称", "Field partner"], *rows))
        assert [(row, code) for row, _column, code in errors_of(job)] == [(3, "link"), (4, "link")]
        assert Customer.objects.get(name="甲公司").custom == {"partner": seen.pk}

    def test_the_template_offers_the_fields_one_may_fill(self, company):
        field("choice", "level", options=OPTIONS)
        field("text", "secret", visible_to=["finance"])
        answer = browser(company, "sales1").get(reverse("import_template", args=["customers"]))
        sheet = load_workbook(io.BytesIO(b"".join(answer))).worksheets[0]
        headers = [cell.value for cell in sheet[1]]
        assert "Field level" in headers and "Field secret" not in headers

    def test_undoing_an_import_gives_the_earlier_values_back(self, company):
        field("choice", "level", options=OPTIONS)
        field("text", "plate", in_search=True)
        customer = make_customer(company.sales1, name="华星", custom={"level": "gold", "plate": "沪A11111"})
        sheet = xlsx(["客户名称", "Field level", "Field plate"], ["华星", "铁牌", "苏B22222"])
        job = run(company.sales1, sheet, mode="update", key="name")
        assert Customer.objects.get().custom == {"level": "iron", "plate": "苏B22222"}
        carry_on(undoing.start_undo(job))
        customer.refresh_from_db()
        assert customer.custom == {"level": "gold", "plate": "沪A11111"}
        assert "沪a11111" in customer.search_text and "苏b22222" not in customer.search_text
