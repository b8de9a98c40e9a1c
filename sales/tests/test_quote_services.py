from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.tests.factories import make_contact, make_customer
from crm.core.clock import company_today
from crm.core.writes import RuleBroken, StaleVersion
from crm.events.models import Event
from crm.identity.access import may, visible
from crm.identity.tests.factories import fresh, make_company
from sales import services
from sales.models import Quote, QuoteStatus, TaxRate
from sales.services import Draft
from sales.services.quote_answers import link_by_token, token_from
from sales.tests.factories import (
    SYSTEM,
    a_line,
    make_opportunity,
    make_product,
    make_quote,
    sent_quote,
)

pytestmark = pytest.mark.django_db
WORKED = [  # domain.md §10 example 6
    Draft(name="设备", quantity=Decimal(2), price=Decimal(11300), discount=Decimal("0.1"), tax_rate=Decimal("0.13")),
    Draft(name="运输", quantity=Decimal(1), price=Decimal(1090), tax_rate=Decimal("0.09")),
    Draft(name="服务", quantity=Decimal(10), price=Decimal(1060), discount=Decimal("0.15"), tax_rate=Decimal("0.06")),
]  # fmt: skip


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def customer(company):
    return make_customer(company.sales1)


def amounts(record):
    return record.listed, record.amount, record.net, record.tax


def test_a_quote_keeps_the_worked_amounts_of_its_lines_and_in_total(customer):
    quote = make_quote(customer, lines=WORKED)
    assert [amounts(line)[1:] for line in quote.lines.all()] == [
        (Decimal(20340), Decimal(18000), Decimal(2340)),
        (Decimal(1090), Decimal(1000), Decimal(90)),
        (Decimal(9010), Decimal(8500), Decimal(510)),
    ]
    assert amounts(quote) == (Decimal(34290), Decimal(30440), Decimal(27500), Decimal(2940))
    assert round(quote.discount * 100, 2) == Decimal("11.23")


def test_prices_without_tax_get_it_on_top(customer):
    quote = make_quote(customer, lines=[a_line(10000)], tax_included=False)
    assert amounts(quote) == (Decimal(11300), Decimal(11300), Decimal(10000), Decimal(1300))


def test_a_new_quote_is_numbered_and_valid_for_30_days(customer):
    first, second = make_quote(customer), make_quote(customer)
    assert first.valid_until == company_today() + timedelta(30)
    year = company_today().year
    assert [first.number, second.number] == [f"QT-{year}-0001", f"QT-{year}-0002"]


def test_prices_come_from_the_price_book_else_from_the_product(customer):
    book = services.save_price_book(None, name="经销", currency="CNY", actor=SYSTEM)
    cheap, plain = make_product(), make_product(list_price=Decimal(300), tax_rate=Decimal("0.06"))
    services.set_prices(book, {cheap: Decimal("888.5")}, actor=SYSTEM)
    quote = make_quote(customer, price_book=book, lines=[Draft(product=cheap), Draft(product=plain)])
    assert [(line.price, line.tax_rate) for line in quote.lines.all()] == [
        (Decimal("888.5"), Decimal("0.13")),
        (Decimal(300), Decimal("0.06")),
    ]


def test_a_deal_brings_its_products_and_its_name(customer):
    deal = make_opportunity(customer, "二期产线")
    services.set_opportunity_lines(deal, [a_line(500, 3)], actor=SYSTEM)
    deal.refresh_from_db()
    assert deal.amount == 1500
    quote = make_quote(customer, opportunity=deal, lines=[])
    assert (quote.name, quote.amount) == ("二期产线", Decimal(1500))


def test_the_amount_of_a_deal_with_products_is_not_typed_by_hand(customer):
    deal = make_opportunity(customer, amount=Decimal(7))
    services.set_opportunity_lines(deal, [a_line(500)], actor=SYSTEM)
    with pytest.raises(RuleBroken) as refused:
        services.update_opportunity(deal, amount=Decimal(9), actor=SYSTEM)
    assert refused.value.field == "amount"
    services.set_opportunity_lines(deal, [], actor=SYSTEM)
    assert services.update_opportunity(deal, amount=Decimal(9), actor=SYSTEM).amount == 9


@pytest.mark.parametrize(
    "line",
    [
        a_line(-1),
        a_line("1e30"),
        a_line("NaN"),
        a_line("Infinity"),
        a_line(1, "123456789012345678901234567890"),
        a_line(1, -3),
        a_line(1, 0),
        a_line("0.00001"),
        a_line(10**12, 10**8),
        a_line(discount=Decimal("1.01")),
        a_line(discount=Decimal("-0.1")),
        a_line(tax_rate=Decimal("0.17")),
        a_line(name=""),
        a_line(name="x" * 201),
    ],
)
def test_lines_that_cannot_be_are_refused_with_their_number(customer, line):
    with pytest.raises(RuleBroken) as refused:
        make_quote(customer, lines=[a_line(), line])
    assert refused.value.field == "lines"
    assert "2" in str(refused.value)
    assert not Quote.objects.exists()


def test_two_currencies_never_meet_in_a_total(customer, company):
    from crm.records.models import ExchangeRate

    ExchangeRate.objects.create(currency="USD", base="CNY", rate="7.1", valid_from_date=company_today())
    book = services.save_price_book(None, name="出口", currency="USD", actor=SYSTEM)
    for wrong in (
        {"price_book": book, "currency": "CNY"},
        {"currency": "USD", "lines": [Draft(product=make_product())]},
        {"currency": "USD", "opportunity": make_opportunity(customer)},
        {"currency": "QQQ"},
    ):
        with pytest.raises(RuleBroken):
            make_quote(customer, **wrong)
    assert make_quote(customer, price_book=book).currency == "USD"


def test_a_tax_rate_holds_only_in_its_time(customer):
    TaxRate.objects.filter(rate="0.03").update(valid_until=company_today() - timedelta(1))
    with pytest.raises(RuleBroken):
        make_quote(customer, lines=[a_line(tax_rate=Decimal("0.03"))])


def test_what_was_sent_is_frozen_and_an_edit_makes_the_next_version(customer):
    quote = sent_quote(customer)
    with pytest.raises(RuleBroken) as refused:
        services.update_quote(quote, lines=[a_line(1)], actor=SYSTEM)
    assert refused.value.code == "frozen"
    newer = services.revise_quote(quote, actor=SYSTEM)
    services.update_quote(newer, lines=[a_line(900)], actor=SYSTEM)
    quote.refresh_from_db()
    assert (quote.status, quote.amount) == (QuoteStatus.SUPERSEDED, Decimal(1000))
    assert (newer.number, newer.revision, newer.label) == (quote.number, 2, f"{quote.number} v2")
    assert services.revise_quote(quote, actor=SYSTEM).pk == newer.pk


def test_of_two_who_edit_the_second_is_told(customer):
    quote = make_quote(customer)
    services.update_quote(quote, lines=[a_line(5)], expected=1, actor=SYSTEM)
    with pytest.raises(StaleVersion):
        services.update_quote(quote, lines=[a_line(6)], expected=1, actor=SYSTEM)
    quote.refresh_from_db()
    assert quote.amount == 5


def test_a_new_version_in_the_bin_gives_the_offer_back(customer):
    quote = sent_quote(customer)
    newer = services.revise_quote(quote, actor=SYSTEM)
    services.delete_quote(newer, actor=SYSTEM)
    quote.refresh_from_db()
    assert quote.status == QuoteStatus.SENT
    services.restore_quote(newer, actor=SYSTEM)
    quote.refresh_from_db()
    newer.refresh_from_db()
    assert (quote.status, newer.supersedes_id) == (QuoteStatus.SUPERSEDED, quote.pk)
    with pytest.raises(RuleBroken):
        services.delete_quote(quote, actor=SYSTEM)


def test_a_large_discount_is_not_sent_without_approval(customer):
    quote = make_quote(customer, lines=[a_line(discount=Decimal("0.06"))])
    with pytest.raises(RuleBroken) as refused:
        services.send_quote(quote, actor=SYSTEM)
    assert refused.value.code == "approval"
    services.begin_quote_approval(quote, actor=SYSTEM)
    with pytest.raises(RuleBroken):
        services.update_quote(quote, name="anders", actor=SYSTEM)
    services.approve_quote(quote, actor=SYSTEM)
    services.send_quote(quote, actor=SYSTEM)
    quote.refresh_from_db()
    assert quote.status == QuoteStatus.SENT


def test_a_quote_without_lines_or_time_is_not_sent(customer):
    for wrong in ({"lines": []}, {"valid_until": company_today() - timedelta(1)}):
        with pytest.raises(RuleBroken):
            services.send_quote(make_quote(customer, **wrong), actor=SYSTEM)


def test_a_link_leads_to_its_quote_until_it_ends(customer):
    quote = make_quote(customer)
    link = services.send_quote(quote, actor=SYSTEM)
    token = token_from(link.nonce)
    assert link_by_token(token) == link
    assert token not in str(vars(link).values())
    for wrong in ("", "x" * 43, token[:-1], token + "A", "令" * 43):
        assert link_by_token(wrong) is None
    services.send_quote(quote, actor=SYSTEM)  # sent again: the first address is void
    assert link_by_token(token) is None
    link = quote.links.latest("pk")
    link.expires_at = timezone.now()
    link.save()
    assert link_by_token(token_from(link.nonce)) is None


def test_a_withdrawn_link_leads_nowhere(customer):
    quote = make_quote(customer)
    token = token_from(services.send_quote(quote, actor=SYSTEM).nonce)
    assert services.revoke_link(quote, actor=SYSTEM) == 1
    assert link_by_token(token) is None


def test_looking_is_counted_and_told_once(customer):
    quote = make_quote(customer)
    link = services.send_quote(quote, actor=SYSTEM)
    services.note_view(link, actor=SYSTEM)
    services.note_view(link, actor=SYSTEM)
    before = Quote.objects.get(pk=quote.pk)
    assert (before.views, before.viewed_at is not None) == (2, True)
    assert Event.objects.filter(name="quote.viewed").count() == 1


def test_accepting_twice_is_accepting_once_and_one_version_alone(customer):
    quote = sent_quote(customer)
    services.accept_quote(quote, by="周敏", consent="同意", actor=SYSTEM)
    services.accept_quote(quote, by="别人", actor=SYSTEM)
    quote.refresh_from_db()
    assert (quote.status, quote.answered_by) == (QuoteStatus.ACCEPTED, "周敏")
    assert Event.objects.filter(name="quote.accepted").count() == 1
    with pytest.raises(RuleBroken):
        services.decline_quote(quote, by="周敏", actor=SYSTEM)
    with pytest.raises(RuleBroken):
        services.revise_quote(quote, actor=SYSTEM)


@pytest.mark.parametrize("by", ["", "   ", "x" * 101])
def test_an_answer_needs_a_name(customer, by):
    with pytest.raises(RuleBroken):
        services.accept_quote(sent_quote(customer), by=by, actor=SYSTEM)


def test_a_superseded_or_expired_quote_is_not_accepted(customer):
    old = sent_quote(customer)
    services.revise_quote(old, actor=SYSTEM)
    late = sent_quote(customer)
    Quote.objects.filter(pk=late.pk).update(valid_until=company_today() - timedelta(1))
    for quote in (old, late):
        with pytest.raises(RuleBroken):
            services.accept_quote(quote, by="周敏", actor=SYSTEM)
    assert services.expire_quotes(actor=SYSTEM) == 1
    assert services.expire_quotes(actor=SYSTEM) == 0
    late.refresh_from_db()
    assert late.status == QuoteStatus.EXPIRED


def test_a_copy_is_a_quote_of_its_own(customer, company):
    quote = sent_quote(customer, contact=make_contact(customer))
    other = make_customer(company.sales1)
    copy = services.copy_quote(quote, customer=other, owner=company.sales1, actor=SYSTEM)
    assert copy.number != quote.number
    assert (copy.status, copy.contact, copy.amount) == (QuoteStatus.DRAFT, None, quote.amount)


def test_contacts_and_deals_of_other_customers_are_refused(customer, company):
    other = make_customer(company.sales1)
    for wrong in ({"contact": make_contact(other)}, {"opportunity": make_opportunity(other)}):
        with pytest.raises(RuleBroken):
            make_quote(customer, **wrong)


def test_who_sees_the_customer_sees_its_quotes_and_finance_sees_none(customer, company):
    quote = make_quote(customer)
    assert may(company.sales1, "change", quote)
    assert not visible(Quote, company.sales3).exists()
    assert may(company.manager1, "change", quote)
    assert not may(fresh(company.finance1), "view", quote)
