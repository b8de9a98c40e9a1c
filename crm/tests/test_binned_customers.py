"""A customer in the bin takes along all that belongs to it, wherever one asks, and brings it back."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import Customer
from accounts.services import plan_follow_up
from accounts.tests.factories import by, make_contact, make_customer
from crm.core.clock import company_today
from crm.core.hooks import hooks
from crm.core.writes import AliveManager, SoftDeletable, wholes
from crm.identity.access import policy_of
from crm.identity.models import User
from crm.identity.policies import Owned, Via
from crm.identity.services import held_by
from crm.records import services as records
from sales import services
from sales.tests.factories import SYSTEM, a_line, make_opportunity, make_quote, sent_quote, signed_order

pytestmark = pytest.mark.django_db
WORD = "棕榈"
HTMX = {"HX-Request": "true"}
# Each kind of record: its list, and its name in the API.
KINDS = {
    "customers": "customers",
    "contacts": "contacts",
    "activities": "activities",
    "opportunities": "opportunities",
    "quotes": "quotes",
    "orders": "orders",
    "payments": "payment-plans",
    "receipts": "receipts",
    "invoices": "invoices",
}
MONEY = ("payments", "receipts", "invoices")
FIGURES = ("pipeline", "forecast", "funnel", "sales", "receivables")


@pytest.fixture
def belongings(company):
    """A customer with something of every kind, and beside each a record that lies in the bin by itself."""
    User._base_manager.update(language="en")
    today, owner = company_today(), company.sales1
    customer = make_customer(owner, f"{WORD}科技有限公司")
    made = {"customers": customer, "contacts": make_contact(customer, f"{WORD}女士")}
    made["opportunities"] = make_opportunity(
        customer, f"{WORD}商机", amount=5000, expected_close_date=today, probability=60
    )
    made["activities"] = plan_follow_up(
        actor=by(owner),
        author=owner,
        customer=customer,
        kind="call",
        subject=f"{WORD}回访",
        due_at=timezone.now() - timedelta(hours=1),
    )
    made["quotes"] = sent_quote(customer, name=f"{WORD}报价", opportunity=made["opportunities"])
    order = signed_order(customer, name=f"{WORD}合同", lines=[a_line(1000)], signed_date=today - timedelta(9))
    made["orders"] = order
    services.plan_payments(order, [(today - timedelta(3), Decimal(1000), "")], actor=SYSTEM)
    made["payments"] = order.plan.get()
    made["receipts"] = services.record_receipt(order, amount=Decimal(400), actor=SYSTEM)
    made["invoices"] = services.apply_for_invoice(order, title=f"{WORD}抬头", actor=SYSTEM)
    stored = records.store_upload(SimpleUploadedFile("plan.txt", WORD.encode()), user=owner, actor=by(owner))
    made["files"] = records.attach_files(made["opportunities"], [stored], actor=by(owner))[0]
    gone = make_opportunity(customer, f"{WORD}旧商机", amount=7000, expected_close_date=today)
    services.delete_opportunity(gone, actor=SYSTEM)
    services.delete_quote(make_quote(customer, name=f"{WORD}旧报价"), actor=SYSTEM)
    # Only a prospect goes to the bin: as when its one contract was voided.
    Customer._base_manager.filter(pk=customer.pk).update(first_deal_at=None, lifecycle_stage="lead")
    customer.refresh_from_db()
    return made


def one_by_one(made):
    """Where each record is looked at by itself: its page, its answer in the API, its file."""
    pages = [record.get_absolute_url() for kind, record in made.items() if kind != "files"]
    file = made["files"]
    return [
        *pages,
        *(f"/api/v1/{api}/{made[kind].pk}/" for kind, api in KINDS.items()),
        f"/opportunities/{made['opportunities'].pk}/files/{file.pk}/",
        f"/customers/{made['customers'].pk}/timeline/",
    ]


def together():
    """Where it is seen among others: lists, API, exports, palette, search, boards, what is due."""
    for kind, api in KINDS.items():
        yield f"/{kind}/"
        yield f"/api/v1/{api}/"
        yield f"/{kind}/?export=csv"
    yield f"/palette/?q={WORD}&kind=opportunity"
    yield f"/search/?q={WORD}"
    yield "/opportunities/board/"
    yield "/opportunities/forecast/"
    yield "/"


def said(client, url):
    """What an address answers: its status and its words."""
    answer = client.get(url, headers=HTMX if url.startswith("/palette/") else {})
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, content.decode()


def seen(client):
    """Of these addresses those that speak of it: by its name, or by any row, as there are no others."""
    return [url for url in together() if speaks(url, *said(client, url))]


def speaks(url, status, text):
    if "export=" in url:
        return status == 200 and text.strip().count("\n") > 0
    if "?q=" in url:  # which repeats what one looks for
        return re.search(r"/opportunities/\d+/", text) is not None
    return ('"results":[{' if "/api/" in url else WORD) in text


def numbers(client):
    """The figures of reports over deals, contracts and money."""
    return {slug: client.get(f"/api/v1/reports/{slug}/").json()["totals"] for slug in FIGURES}


def bin_words(client):
    return {kind: WORD in said(client, f"/{kind}/bin/")[1] for kind in ("opportunities", "quotes")}


@pytest.mark.parametrize("who", ["sales1", "director", "admin"])
def test_what_belongs_to_a_customer_goes_and_comes_back_with_it(client, company, belongings, who):
    """Its owner, who leads all teams, and who sees everything."""
    reader, customer = getattr(company, who), belongings["customers"]
    client.force_login(reader)
    alone = [url for url in one_by_one(belongings) if said(client, url)[0] in (200, 302)]
    shown = seen(client)
    assert alone == one_by_one(belongings)
    # What is due today is due to its owner, and not everybody exports money.
    assert {url for url in together() if url not in shown} <= {
        "/",
        *(f"/{kind}/?export=csv" for kind in MONEY),
    }
    counted = numbers(client)
    held = {rows.model: rows.count() for rows in held_by(company.sales1)}

    client.force_login(company.admin)
    assert client.post(reverse("customer_delete", args=[customer.pk])).status_code == 302
    client.force_login(reader)
    assert {url: said(client, url)[0] for url in alone} == dict.fromkeys(alone, 404)
    assert seen(client) == []
    gone = numbers(client)
    assert all(gone[slug] != counted[slug] for slug in FIGURES)
    assert bin_words(client) == {"opportunities": False, "quotes": False}
    assert held_by(company.sales1) == []

    client.force_login(company.admin)
    assert client.post(reverse("customer_restore", args=[customer.pk])).status_code == 302
    client.force_login(reader)
    assert {url for url in alone if said(client, url)[0] == 404} == set()
    assert seen(client) == shown
    assert numbers(client) == counted
    assert bin_words(client) == {"opportunities": True, "quotes": True}
    assert {rows.model: rows.count() for rows in held_by(company.sales1)} == held


@pytest.mark.parametrize("key", sorted(hooks.list_pages))
def test_a_listed_kind_that_belongs_to_a_record_goes_with_it(key):
    model = hooks.list_pages[key].model
    policy = policy_of(model)
    path = (
        policy.also_via
        if isinstance(policy, Owned)
        else policy.fields[0]
        if isinstance(policy, Via)
        else None
    )
    if path is None:
        return
    whole = model._meta.get_field(path).related_model
    if issubclass(whole, SoftDeletable) or wholes(whole):
        assert model.goes_with == path and isinstance(model._default_manager, AliveManager)
