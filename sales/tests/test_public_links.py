"""The link by which a customer sees a quote: not to be guessed, tried out, worn out or used when its time is over."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import make_customer
from crm.identity.tests.factories import make_company
from sales import services
from sales.models import Quote, QuoteLink
from sales.services.quote_answers import token_from
from sales.tests.factories import SYSTEM, a_line, make_quote

pytestmark = pytest.mark.django_db
YES = {"answer": "accept", "by": "周敏", "consent": "on"}


@pytest.fixture
def customer():
    return make_customer(make_company().sales1)


def sent(customer, **values):
    quote = make_quote(customer, **values)
    return quote, token_from(services.send_quote(quote, actor=SYSTEM).nonce)


def test_tokens_are_long_different_and_nowhere_in_the_database(customer):
    tokens = {sent(customer)[1] for _n in range(5)}
    assert len(tokens) == 5 and all(len(one) >= 40 for one in tokens)
    kept = " ".join(str(value) for row in QuoteLink.objects.values() for value in row.values())
    assert not any(one in kept for one in tokens)


@pytest.mark.parametrize("change", ["cut", "longer", "other", "number", "upper"])
def test_nothing_near_a_token_opens_anything(customer, change):
    quote, token = sent(customer)
    wrong = {
        "cut": token[:-1], "longer": token + "A", "other": ("B" if token[0] != "B" else "C") + token[1:],
        "number": str(quote.pk), "upper": token.swapcase(),
    }[change]  # fmt: skip
    unknown = Client().get(f"/q/{'x' * 43}/")
    tried = [
        Client().get(f"/q/{wrong}/"),
        Client().get(f"/q/{wrong}/quote.pdf"),
        Client().post(f"/q/{wrong}/", YES),
    ]
    assert [one.status_code for one in tried] == [404] * 3
    assert tried[0].content == unknown.content
    quote.refresh_from_db()
    assert quote.status == "sent"


def test_who_tries_links_out_or_has_pdfs_drawn_without_end_is_stopped(customer, settings):
    settings.ACCOUNT_RATE_LIMITS = {"public_quote": "5/m/ip", "public_quote_pdf": "1/m/ip"}
    _quote, token = sent(customer)
    codes = [Client().get(f"/q/{n:043}/").status_code for n in range(6)]
    assert codes == [404] * 5 + [429]
    assert Client().get(f"/q/{token}/").status_code == 429  # a right guess after that tells nothing either
    elsewhere = {"REMOTE_ADDR": "10.1.1.1"}
    assert Client().get(f"/q/{token}/", **elsewhere).status_code == 200
    drawn = [Client().get(f"/q/{token}/quote.pdf", **elsewhere).status_code for _n in range(2)]
    assert drawn == [200, 429]


@pytest.mark.parametrize("end", ["expired", "revoked", "superseded", "deleted"])
def test_what_is_over_is_not_accepted_by_its_link(customer, end):
    quote, token = sent(customer)
    if end == "expired":
        QuoteLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif end == "revoked":
        services.revoke_link(quote, actor=SYSTEM)
    elif end == "superseded":
        services.revise_quote(quote, actor=SYSTEM)
    else:
        Quote.objects.filter(pk=quote.pk).update(deleted_at=timezone.now())
    answer = Client().post(f"/q/{token}/", YES)
    assert answer.status_code in (404, 422)
    quote = Quote._base_manager.get(pk=quote.pk)
    assert quote.status != "accepted"


def test_an_answer_writes_nothing_but_the_answer(customer):
    quote, token = sent(customer, lines=[a_line(1000)])
    forged = {
        **YES,
        "amount": "1",
        "status": "draft",
        "owner": "1",
        "lines-0-price": "1",
        "valid_until": "2099-01-01",
    }
    assert Client().post(f"/q/{token}/", forged).status_code == 302
    after = Quote.objects.get(pk=quote.pk)
    assert (after.status, after.amount, after.owner_id) == ("accepted", 1000, customer.owner_id)
    assert after.valid_until == quote.valid_until
    twice = Client().post(f"/q/{token}/", {"answer": "decline", "by": "别人"})
    assert twice.status_code == 422 and Quote.objects.get(pk=quote.pk).status == "accepted"


def test_the_page_is_for_its_reader_alone(customer):
    _quote, token = sent(customer)
    page = Client().get(reverse("public_quote", args=[token]))
    assert page["Referrer-Policy"] in ("no-referrer", "same-origin") and "noindex" in page["X-Robots-Tag"]
    assert "no-store" in page["Cache-Control"] and "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert Client(enforce_csrf_checks=True).post(f"/q/{token}/", YES).status_code == 403
