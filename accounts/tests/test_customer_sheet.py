"""A customer on paper: what stands on it, for whom, and that making it opens nothing."""

import logging

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import Highlight
from accounts.tests.factories import by, make_contact, make_customer
from crm.core.pdf import pdf_of
from crm.identity.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(company):
    User._base_manager.update(language="en")
    customer = make_customer(company.sales1, "杭州云栖精密机械有限公司", size=320)
    Highlight.objects.create(customer=customer, label="预算", text="¥155 万", position=1)
    make_contact(customer, "沈立群", title="总经理")
    services.log_follow_up(
        actor=by(company.sales1),
        author=company.sales1,
        customer=customer,
        kind="note",
        body="要先试跑 <script>alert(1)</script>",
        done_at=timezone.now(),
    )
    return customer


def test_the_sheet_holds_what_one_takes_along(client, company, customer):
    client.force_login(company.sales1)
    page = client.get(reverse("customer_sheet", args=[customer.pk])).content.decode()
    for text in (
        "杭州云栖精密机械有限公司",
        "¥155 万",
        "沈立群",
        "总经理",
        "320",
        "要先试跑",
        company.sales1.name,
    ):
        assert text in page
    assert "<script>" not in page


def test_the_same_as_pdf_in_chinese(client, company, customer):
    client.force_login(company.sales1)
    answer = client.get(reverse("customer_pdf", args=[customer.pk]))
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF")
    assert "attachment" in answer["Content-Disposition"]


def test_paper_keeps_the_rights_of_the_screen(client, company, customer):
    client.force_login(company.sales3)
    for name in ("customer_sheet", "customer_pdf"):
        assert client.get(reverse(name, args=[customer.pk])).status_code == 404
    client.force_login(company.finance1)  # reads customers with deals, and no follow-ups
    services.set_first_deal(customer, timezone.localdate(), actor=by(company.admin))
    assert "要先试跑" not in client.get(reverse("customer_sheet", args=[customer.pk])).content.decode()


def test_a_pdf_opens_no_address(monkeypatch, caplog):
    """Neither the network nor files of the machine, whatever stands in a document."""
    opened = []
    monkeypatch.setattr(
        "urllib.request.OpenerDirector.open", lambda self, url, *a, **k: opened.append(str(url))
    )
    with caplog.at_level(logging.ERROR, "weasyprint"):
        pdf_of('<img src="http://169.254.169.254/x"><img src="file:///etc/passwd"><p>text</p>')
    assert not [url for url in opened if "passwd" in url or "169.254" in url]


def test_without_what_draws_text_one_is_told_to_print(client, company, customer, monkeypatch):
    import builtins

    real = builtins.__import__

    def no_pango(name, *args, **kwargs):
        if name == "weasyprint":
            raise OSError("cannot load library 'pango'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_pango)
    client.force_login(company.sales1)
    answer = client.get(reverse("customer_pdf", args=[customer.pk]), follow=True)
    assert "cannot make PDFs" in answer.content.decode()


def test_a_pdf_bears_who_took_it_out_and_the_log_knows_its_number(client, company, customer, monkeypatch):
    from accounts.views import sheet
    from crm.events.models import Event

    seen = []
    monkeypatch.setattr(sheet, "pdf_of", lambda html: seen.append(html) or b"%PDF")
    client.force_login(company.sales1)
    client.get(reverse("customer_pdf", args=[customer.pk]))
    event = Event._base_manager.get(name="customer.exported")
    number = event.payload["number"]
    (html,) = seen
    mark = html.split('<div class="print-mark">')[1].split("</div>")[0]
    assert number in mark and company.sales1.name in mark
    client.force_login(company.admin)
    found = client.get(f"/api/v1/events/?number={number}").json()["results"]
    assert [(one["name"], one["subject_id"]) for one in found] == [("customer.exported", str(customer.pk))]
