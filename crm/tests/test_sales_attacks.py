"""Attacks that have worked on other systems, tried on what is sold: leads, deals, quotes, contracts, money, reports.

The numbers are those of docs/security.md. What has a test of its own elsewhere is named there.
"""

import json
from io import BytesIO
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import models
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from crm.api.router import resources
from crm.identity.tests.factories import SYSTEM
from crm.listing.filters import Records
from crm.listing.rest.testing import Caller
from crm.tests.world import World
from sales.models import Opportunity, Order, PaymentPlan, Quote, Receipt
from sales.services import documents, quotes, send_quote
from sales.tests.factories import a_line, make_order

pytestmark = pytest.mark.django_db

RESOURCES = {
    "leads": "lead", "opportunities": "opportunity", "quotes": "quote", "orders": "order",
    "payment-plans": "paymentplan", "receipts": "receipt", "activities": "activity",
}  # fmt: skip
NEVER = 987_654_321
HOSTILE = [
    '<img src="file:///etc/passwd">',
    '<img src="http://127.0.0.1:9/x">',
    "<style>@import url(http://127.0.0.1:9/x.css);</style>",
    '<link rel="attachment" href="file:///etc/passwd">',
    "<script>alert(1)</script>",
]


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="crm.identity.backends.CrmBackend")
    return client


def counted() -> dict[str, int]:
    """How many rows there are of everything that is sold and said."""
    kinds = [*apps.get_app_config("sales").get_models(), *apps.get_app_config("accounts").get_models()]
    return {model._meta.label: model._base_manager.count() for model in kinds}


def hidden_of(world: World, model: type[models.Model]) -> models.Model | None:
    """The record of another team that sales1 must not even know of."""
    return world.records.get(model._meta.model_name or "", {}).get("other")


def test_17_a_hidden_record_in_a_filter_answers_like_one_that_never_was(world):
    user, tried = world.company.sales1, 0
    caller, lists = (
        Caller(user),
        {path: view.listing for path, view in resources() if hasattr(view, "listing")},
    )
    for path in RESOURCES:
        for name, one in lists[path].filters.base_filters.items():
            rows = one.queryset(SimpleNamespace(user=user)) if isinstance(one, Records) else None
            hidden = hidden_of(world, rows.model) if rows is not None else None
            if hidden is None:
                continue
            answers = [caller("GET", f"/api/v1/{path}/?{name}={pk}") for pk in (hidden.pk, NEVER)]
            said = [
                {**answer.json(), "errors": str(answer.json()["errors"]).replace(str(pk), "")}
                for answer, pk in zip(answers, (hidden.pk, NEVER), strict=True)
            ]
            assert [one.status_code for one in answers] == [400, 400] and said[0] == said[1], (path, name)
            tried += 1
    assert tried >= 6


@pytest.mark.parametrize("path", RESOURCES)
def test_17_18_41_no_order_filter_or_expansion_nobody_declared(world, path):
    caller = Caller(world.company.sales1)
    for query in (
        "sort=owner__password", "ordering=owner__password", "owner__password__startswith=a", "customer__owner=1",
        "order__customer__name=other", "depth=2", "expand=owner", "_connector=OR", "sort=-customer__phone",
        "fields=password", "chance__gte=0", "lines__price=1",
    ):  # fmt: skip
        assert caller("GET", f"/api/v1/{path}/?{query}").status_code == 400, query


def test_04_10_14_15_16_nothing_of_others_by_export_choices_search_counts_or_reports(world):
    user = world.company.sales1
    client, caller = signed_in(user), Caller(user)
    for name in ("lead", "opportunity", "quote", "order"):
        hidden = hidden_of(world, apps.get_model("sales", name))
        plural = {"opportunity": "opportunities"}.get(name, f"{name}s")
        page = client.get(reverse(f"{name}_list"), {"export": "xlsx"})
        cells = [
            cell
            for row in load_workbook(BytesIO(b"".join(page.streaming_content))).worksheets[0].values
            for cell in row
        ]
        assert any("own" in str(cell) for cell in cells) and not any(
            "other" in str(cell) for cell in cells
        ), name
        found = client.get(reverse(f"{name}_options"), {"q": "other"})
        assert "other" not in found.content.decode(), name
        for text in ("other", str(hidden.pk)):
            rows = caller("GET", f"/api/v1/{plural}/?q={text}").json()["results"]
            assert hidden.pk not in {row["id"] for row in rows}
    assert "other deal" not in client.get("/search/?q=other").content.decode()
    listed = caller("GET", "/api/v1/opportunities/?count=exact&status=open").json()["count"]
    told = caller("GET", "/api/v1/reports/pipeline/").json()
    assert told["totals"]["count"] == listed < Opportunity.objects.filter(status="open").count()
    other = f"owner={world.company.sales3.pk}"
    listed = caller("GET", f"/api/v1/opportunities/?count=exact&{other}").json()["count"]
    assert caller("GET", f"/api/v1/reports/pipeline/?{other}").json()["totals"]["count"] == listed


PARENTS = [
    ("opportunities", {"name": "x"}, "customer", "customer"),
    ("quotes", {}, "customer", "customer"),
    ("quotes", {"own": "customer"}, "opportunity", "opportunity"),
    ("orders", {}, "customer", "customer"),
    ("orders", {"own": "customer"}, "opportunity", "opportunity"),
    ("payment-plans", {"due_date": "2026-12-01", "amount": "1"}, "order", "order"),
    ("receipts", {"amount": "1"}, "order", "order"),
    ("invoices", {"amount": "1"}, "order", "order"),
    ("activities", {"kind": "note", "body": "一句话"}, "lead", "lead"),
]


@pytest.mark.parametrize(
    ("path", "body", "field", "kind"), PARENTS, ids=lambda one: one if isinstance(one, str) else ""
)
def test_11_12_a_hidden_parent_is_refused_like_an_absent_one_and_nothing_is_written(
    world, path, body, field, kind
):
    caller = Caller(world.company.sales1)
    body = {name: value for name, value in body.items() if name != "own"} | (
        {"customer": world.records["customer"]["own"].pk} if "own" in body else {}
    )
    before = counted()
    answers = [
        caller("POST", f"/api/v1/{path}/", {**body, field: pk})
        for pk in (world.records[kind]["other"].pk, NEVER)
    ]
    assert [one.status_code for one in answers] == [400, 400], answers[0].content
    assert answers[0].content == answers[1].content and counted() == before


FORGED = {
    "team": 1, "score": "99", "chance": "0.99", "status": "won", "closed_at": "2020-01-01", "stage_since": "2020-01-01T00:00:00Z",
    "revision": 9, "number": "X-1", "sent_at": "2020-01-01T00:00:00Z", "views": 99, "net": "1", "tax": "1", "discount": "0.99",
    "received": "99", "confirmed_at": "2020-01-01T00:00:00Z", "confirmed_by": 1, "effective_date": "2020-01-01",
    "converted_at": "2020-01-01T00:00:00Z", "deleted_at": "2020-01-01T00:00:00Z", "is_superuser": True, "id": 1,
}  # fmt: skip


@pytest.mark.parametrize("path", ["leads", "opportunities", "quotes", "orders"])
def test_25_what_follows_from_other_things_is_not_slipped_in(world, path):
    record = world.records[RESOURCES[path]]["own"]
    caller, url = Caller(world.company.sales1), f"/api/v1/{path}/{record.pk}/"
    before, body = caller("GET", url).json(), dict(FORGED)
    if path in ("leads", "orders"):  # a lead's status and the number of a draft are people's to say
        del body["status" if path == "leads" else "number"]
    while (answer := caller("PATCH", url, body, If_Match="*")).status_code == 400:
        named = set(answer.json()["errors"]) & set(body)
        assert named, answer.content
        body = {name: value for name, value in body.items() if name not in named}
    after = caller("GET", url).json()
    assert {n: after.get(n) for n in FORGED} == {n: before.get(n) for n in FORGED}


AMOUNTS = [
    "-1",
    "9" * 30,
    "1e400",
    "NaN",
    "Infinity",
    "-Infinity",
    "1.001",
    "0x10",
    [],
    {"a": 1},
    True,
]


# A price and a quantity may have more than two places.
ALLOWED = [("quotes", "1.001"), ("orders", "1.001")]


@pytest.mark.parametrize("amount", AMOUNTS, ids=str)
def test_44_amounts_that_cannot_be_are_refused_wherever_one_is_written(world, amount):
    user = world.company.sales1
    caller, own = Caller(user), world.records["customer"]["own"].pk
    order = world.records["order"]["own"].pk
    line = {"name": "x", "price": amount}
    sent = [
        ("opportunities", {"name": "x", "customer": own, "amount": amount}),
        ("leads", {"name": "x", "wechat": "w", "budget": amount}),
        ("payment-plans", {"order": order, "due_date": "2026-12-01", "amount": amount}),
        ("receipts", {"order": order, "amount": amount}),
        ("invoices", {"order": order, "amount": amount}),
        *((path, {"customer": own, "lines": [line]}) for path in ("quotes", "orders")),
        *((path, {"customer": own, "lines": [{**line, "price": "1", "quantity": amount}]}) for path in ("quotes", "orders")),
    ]  # fmt: skip
    before = counted()
    for path, body in sent:
        answer = caller("POST", f"/api/v1/{path}/", body)
        if (path, amount) in ALLOWED:
            assert answer.status_code == 201, (path, amount, answer.content[:200])
            before = counted()
        else:
            # Nothing is invoiced or paid back before it is signed.
            wrong = (400, 409) if path in ("invoices", "receipts") else (400,)
            assert answer.status_code in wrong, (path, amount, answer.status_code, answer.content[:200])
    assert counted() == before


def test_a_quote_the_customer_has_is_changed_by_no_door(world):
    quote = world.records["quote"]["own"]
    caller, url = Caller(world.company.sales1), f"/api/v1/quotes/{quote.pk}/"
    quotes.update_quote(quote, lines=[a_line(1000)], actor=SYSTEM)
    send_quote(Quote.objects.get(pk=quote.pk), actor=SYSTEM)
    client = signed_in(world.company.sales1)
    for body in (
        {"lines": [{"name": "x", "price": "1"}]},
        {"currency": "USD"},
        {"tax_included": False},
        {"valid_until": "2099-01-01"},
    ):
        assert caller("PATCH", url, body, If_Match="*").status_code in (400, 409), body
    client.post(reverse("quote_lines", args=[quote.pk]), {"lines-TOTAL_FORMS": "1", "lines-0-price": "1"})
    client.post(reverse("quote_field", args=[quote.pk, "note"]), {"note": "x" * 50})
    after = Quote.objects.get(pk=quote.pk)
    assert (after.amount, after.status, after.revision) == (1000, "sent", quote.revision)


def test_49_a_contract_printed_from_hostile_words_reaches_nothing(world):
    customer = world.records["customer"]["own"]
    head = {"contract_terms": "\n".join(HOSTILE), "legal_name": HOSTILE[0], "bank": HOSTILE[1]}
    documents.change_letterhead(actor=SYSTEM, **head)
    order = make_order(
        customer, name=HOSTILE[3], note="\n".join(HOSTILE), payment_terms=HOSTILE[1],
        lines=[a_line(name=text, description=text) for text in HOSTILE],
    )  # fmt: skip
    content = documents.order_pdf(order)
    assert content.startswith(b"%PDF") and b"root:" not in content and b"/EmbeddedFile" not in content


def test_money_is_no_door_to_a_foreign_contract(world):
    """Confirming, voiding, planning, invoicing by number: hidden ones answer 404, and finance alone confirms."""
    caller = Caller(world.company.sales1)
    before = counted()
    for kind, path, acts in (
        ("receipt", "receipts", ("confirm", "void")),
        ("paymentplan", "payment-plans", ()),
    ):
        for relation in ("other",):
            pk = world.records[kind][relation].pk
            for number in (pk, NEVER):
                assert caller("GET", f"/api/v1/{path}/{number}/").status_code == 404
                for act in acts:
                    assert caller("POST", f"/api/v1/{path}/{number}/{act}/", {"reason": "x"}).status_code in (
                        403,
                        404,
                    )
    mine = world.records["receipt"]["own"].pk
    assert caller("POST", f"/api/v1/receipts/{mine}/confirm/").status_code == 403
    assert counted() == before
    assert not Receipt.objects.filter(status="confirmed").exists()
    assert Order.objects.count() >= 5 and PaymentPlan.objects.exists()


def test_43_lines_that_would_open_a_mail_header_stay_text(world, mailoutbox):
    quote = world.records["quote"]["own"]
    quotes.update_quote(quote, lines=[a_line(1000)], actor=SYSTEM)
    caller, url = Caller(world.company.sales1), f"/api/v1/quotes/{quote.pk}/send/"
    for to in ("a@b.cn\r\nBcc: everybody@example.com", "a@b.cn, c@d.cn", "<script>@x.cn"):
        assert caller("POST", url, {"to": to}).status_code == 400
    assert json.loads(caller("GET", f"/api/v1/quotes/{quote.pk}/").content)["status"] == "draft"
    assert not mailoutbox
