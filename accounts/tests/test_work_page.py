"""My imports and exports: what one started oneself, nobody else's, two clicks from everywhere."""

import pytest

from accounts.tests.import_tools import run, xlsx
from crm.events.actor import Actor
from crm.listing.exporting import jobs

pytestmark = pytest.mark.django_db


def test_it_lists_ones_own_work_and_leads_to_each(client, company):
    mine = run(company.sales1, xlsx(["客户名称"], ["嘉兴明锐光学有限公司"], name="mine.xlsx"))
    run(company.sales3, xlsx(["客户名称"], ["南方别人家有限公司"], name="theirs.xlsx"))
    export = jobs.request_export(
        company.sales1, "customers", file_format="csv", actor=Actor.of(company.sales1)
    )
    client.force_login(company.sales1)
    page = client.get("/jobs/").content.decode()
    assert "mine.xlsx" in page and "theirs.xlsx" not in page
    assert mine.get_absolute_url() in page and f"/exports/{export.pk}/" in page


def test_the_menu_of_every_page_leads_to_it(client, company):
    client.force_login(company.sales1)
    assert 'href="/jobs/"' in client.get("/").content.decode()


def test_it_is_there_without_any_work(client, company):
    client.force_login(company.manager1)
    assert client.get("/jobs/").status_code == 200
