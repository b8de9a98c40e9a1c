"""What a page shows and offers by one right of a role goes when the role loses that right, and with no other."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import make_contact, make_customer
from crm.core.clock import company_today
from crm.identity import services as identity
from crm.identity.models import RolePolicy
from crm.identity.tests.rights import answers_go_with_rights, said, take, words_go_with_rights
from crm.listing.rest.testing import Caller
from sales import services
from sales.listings.pools import POOL_LEADS
from sales.models import Lead, NumberRule, Order, Pipeline, Quote, TaxRate
from sales.rules import next_actions as rules
from sales.services import pipelines, setting_up
from sales.tests.factories import (
    SYSTEM,
    a_line,
    make_lead,
    make_opportunity,
    make_order,
    make_product,
    make_quote,
    sent_quote,
    signed_order,
    stage,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold(company):
    """A customer of sales1 with one of everything that is sold, an order half planned, and money that waits."""
    customer = make_customer(company.sales1)
    deal = make_opportunity(customer, contact=make_contact(customer))
    quote = sent_quote(customer, opportunity=deal)
    services.accept_quote(quote, by="周敏", actor=SYSTEM)
    accepted = sent_quote(customer)
    services.accept_quote(accepted, by="周敏", actor=SYSTEM)
    pool = services.create_pool("东区", serves=company.east, is_default=True, actor=SYSTEM)
    product = make_product()
    book = services.save_price_book(None, name="经销商", actor=SYSTEM)
    services.set_prices(book, {product: Decimal(900)}, actor=SYSTEM)
    order = signed_order(customer, opportunity=deal, lines=[a_line(1000)])
    services.plan_payments(order, [(company_today() - timedelta(4), Decimal(500), "预付款")], actor=SYSTEM)
    services.record_receipt(order, amount=Decimal(100), actor=SYSTEM)
    received = services.record_receipt(order, amount=Decimal(50), actor=SYSTEM)
    cadence = services.save_cadence(None, name="新客三步", actor=SYSTEM)
    services.save_step(cadence, kind="email", delay_days=0, subject="您好", body="x", actor=SYSTEM)
    return {
        "customer": customer,
        "pool": pool,
        "cadence": cadence,
        "opportunity": make_opportunity(customer),
        "quote": quote,
        "accepted": accepted,
        "product": product,
        "received": services.confirm_receipt(received, actor=SYSTEM),
        "draft": make_quote(customer),
        "order": order,
        "invoice": services.apply_for_invoice(order, amount=Decimal(200), actor=SYSTEM),
        "lead": make_lead(company.sales1),
    }


def panel(record, key):
    return reverse(f"{record._meta.model_name}_panel", args=[record.pk, "right", key])


def papers(sold):
    """Of a quote, an order and its money."""
    quote, order, invoice = sold["quote"], sold["order"], sold["invoice"]
    paid, billed = panel(order, "payments"), panel(order, "invoices")
    at = {one: one.get_absolute_url() for one in (quote, order, invoice)}
    ordered = services.order_from_quote(sold["accepted"], actor=SYSTEM, owner=quote.owner)
    return [
        ("sales1", at[quote], "view_quoteline", reverse("quote_pdf", args=[quote.pk])),
        ("sales1", at[quote], "view_quoteline", "视觉检测设备"),
        ("sales1", at[quote], "add_quote", reverse("quote_copy", args=[quote.pk])),
        ("sales1", at[quote], "add_order", reverse("quote_order", args=[quote.pk])),
        ("sales1", sold["accepted"].get_absolute_url(), "view_order", ordered.get_absolute_url()),
        ("sales1", at[order], "view_orderline", reverse("order_pdf", args=[order.pk])),
        ("sales1", at[order], "view_orderline", "视觉检测设备"),
        ("sales1", at[order], "add_paymentplan", reverse("order_plan", args=[order.pk])),
        ("sales1", at[order], "view_invoice", reverse("order_invoice", args=[order.pk])),
        ("finance1", at[invoice], "issue_invoice", reverse("invoice_issue", args=[invoice.pk])),
        ("finance1", at[invoice], "view_invoiceamount", "By rate of tax"),
        ("sales1", paid, "view_receipt", "<section"),
        ("sales1", paid, "view_paymentplan", "<section"),
        ("sales1", paid, "add_receipt", reverse("order_receipt", args=[order.pk])),
        ("finance1", paid, "confirm_receipt", "/confirm/"),
        ("finance1", paid, "change_receipt", reverse("receipt_void", args=[sold["received"].pk])),
        ("sales1", billed, "view_invoice", "<section"),
        ("sales1", billed, "add_invoice", reverse("order_invoice", args=[order.pk])),
    ]


def of_customers(sold):
    """What sales adds to the page of a customer and of a deal."""
    customer, deal = sold["customer"], sold["opportunity"]
    deals, sums, at = (
        panel(customer, "opportunities"),
        panel(customer, "payments"),
        f"?customer={customer.pk}",
    )
    statement = reverse("customer_statement", args=[customer.pk])
    return [
        ("sales1", deals, "view_opportunity", "<section"),
        ("sales1", deals, "add_opportunity", reverse("opportunity_create") + at),
        ("sales1", panel(customer, "quotes"), "view_quote", "<section"),
        ("sales1", panel(customer, "quotes"), "add_quote", reverse("quote_create") + at),
        ("sales1", panel(customer, "orders"), "view_order", "<section"),
        ("sales1", panel(customer, "orders"), "add_order", reverse("order_create") + at),
        ("sales1", panel(deal, "products"), "view_opportunityline", "<section"),
        ("sales1", panel(deal, "products"), "change_opportunity", reverse("opportunity_lines", args=[deal.pk])),
        ("sales1", sums, "view_paymentplan", "<section"),
        ("sales1", sums, "view_receipt", statement),
        ("sales1", sums, "view_invoice", reverse("invoice_list") + at),
        ("sales1", customer.get_absolute_url(), "add_contact", reverse("contact_create", args=[customer.pk])),
        ("sales1", reverse("customer_timeline", args=[customer.pk]), "view_opportunity", deal.name),
        ("sales1", statement, "view_paymentplan", "<form"),
        ("sales1", statement, "view_receipt", "<form"),
    ]  # fmt: skip


def of_leads(sold):
    """A lead's page with its cadence and pool, and the way to a customer."""
    lead, cadence = sold["lead"], sold["cadence"]
    words = reverse("cadence_step_words", args=[cadence.pk, cadence.steps.get().pk])
    begun, pooled = panel(lead, "cadence"), panel(lead, "pool")
    waiting = services.return_to_pool(make_lead(lead.owner), reason="unreachable", actor=SYSTEM)
    claim = reverse("lead_claim", args=[waiting.pk])
    return [
        ("sales1", lead.get_absolute_url(), "add_customer", reverse("lead_convert", args=[lead.pk])),
        ("sales1", reverse("lead_convert", args=[lead.pk]), "add_opportunity", 'name="deal_name"'),
        ("sales1", begun, "view_enrolment", "<section"),
        ("sales1", begun, "add_enrolment", reverse("lead_enrol", args=[lead.pk])),
        ("sales1", cadence.get_absolute_url(), "view_enrolment", reverse("enrolment_list")),
        ("sales1", cadence.get_absolute_url(), "add_enrolment", words),
        ("sales1", words, "add_enrolment", "<form"),
        ("sales1", pooled, "view_pool", "<section"),
        ("sales1", pooled, "transfer_lead", reverse("lead_return", args=[lead.pk])),
        ("manager1", pooled, "transfer_lead", reverse("lead_protect", args=[lead.pk])),
        ("sales2", panel(waiting, "pool"), "change_lead", claim),
        ("sales2", reverse("pool_lead_list"), "change_lead", claim),
        ("sales1", reverse("pool"), "view_lead view_customer", reverse("pool")),
        ("sales1", reverse("pool"), "view_lead", reverse("pool_lead_list")),
        ("sales1", reverse("pool"), "view_lead", f'id="pool-{POOL_LEADS.key}"'),
        ("sales1", reverse("pool"), "view_customer", reverse("pool_customer_list")),
    ]


def lists(sold):
    """What the lists offer to those who have such records."""
    return [
        ("sales1", reverse("lead_list"), "add_lead", "view=mine"),
        ("sales1", reverse("lead_list"), "add_activity", reverse("lead_follow_up", args=[sold["lead"].pk])),
        ("sales1", reverse("lead_list"), "add_enrolment", "start-cadence"),
        ("sales1", reverse("activity_filters"), "view_opportunity", 'name="opportunity"'),
        ("sales1", reverse("opportunity_list"), "add_opportunity", "view=mine"),
        ("sales1", reverse("opportunity_filters"), "view_opportunityline", 'name="without" value="product"'),
        ("sales1", reverse("quote_list"), "add_quote", "view=mine"),
        ("sales1", reverse("order_list"), "add_order", "view=mine"),
        ("sales1", reverse("payment_list"), "add_order", "view=mine"),
        ("sales1", reverse("enrolment_list"), "add_enrolment", "view=mine"),
        ("finance1", reverse("receipt_list"), "confirm_receipt", "/confirm/"),
        ("sales1", reverse("product_columns"), "view_pricebook", "经销商"),
        ("manager1", reverse("report_list"), "view_quota", reverse("quota_list")),
        ("manager1", reverse("report_list"), "view_opportunity", reverse("dashboard")),
        ("sales1", reverse("opportunity_create"), "transfer_opportunity", "Sales2"),
        ("sales1", sold["product"].get_absolute_url(), "view_pricebook", "经销商"),
    ]


def settings(sold):
    """What administrators set: each kind of it needs the right to see it."""
    pipeline, tax = Pipeline.objects.get(), TaxRate.objects.order_by("pk").first()
    first = pipeline.stages.order_by("position").first()
    rule = services.save_rule(sold["pool"], kind="lead", ground="no_follow_up", days=9, actor=SYSTEM)
    asked = sharing_out()
    return [
        ("admin", reverse("pipelines"), "view_pipeline", first.name_en),
        ("admin", reverse("pipeline_add"), "view_pipeline", f'value="{pipeline.pk}">{pipeline}'),
        ("admin", reverse("pipeline_edit", args=[pipeline.pk]), "view_pipeline", "<form"),
        ("admin", reverse("stage_add", args=[pipeline.pk]), "view_pipeline", "<form"),
        ("admin", reverse("stage_edit", args=[first.pk]), "view_stage", "<form"),
        ("admin", reverse("stage_delete", args=[first.pk]), "view_stage", "<form"),
        ("admin", reverse("assignment_rule_edit", args=[asked.pk]), "view_assignmentrule", "<form"),
        ("admin", reverse("assignment_group_edit", args=[asked.group_id]), "view_assignmentgroup", "<form"),
        ("admin", reverse("pools_rule_edit", args=[rule.pk]), "view_recyclerule", "<form"),
        ("admin", reverse("numbering_edit", args=[NumberRule.objects.first().pk]), "view_numberrule", "<form"),
        ("admin", reverse("tax_rate_edit", args=[tax.pk]), "view_taxrate", "<form"),
    ]  # fmt: skip


def sharing_out():
    """A rule by which leads are shared out, with the group it leads to."""
    group = setting_up.save_group(name="华东组", actor=SYSTEM)
    return setting_up.save_assignment_rule(name="东区", group=group, actor=SYSTEM)


def homes(sold):
    """Today, the board and what is recommended."""
    board, today, next_steps = reverse("opportunity_board"), reverse("today"), reverse("next_actions")
    other = make_customer(sold["customer"].owner)
    ends = signed_order(other)
    Order.objects.filter(pk=ends.pk).update(end_date=company_today() + timedelta(20))
    Lead.objects.filter(pk=sold["lead"].pk).update(hand_raised_at=timezone.now())
    return [
        ("sales1", board, "change_opportunity", "draggable"),
        ("sales1", board, "add_opportunity", reverse("opportunity_create")),
        ("sales1", board, "view_pipeline", "draggable"),
        (
            "sales1",
            reverse("opportunity_board_column", args=[stage("Qualify").pk]),
            "view_stage",
            "draggable",
        ),
        ("sales1", today, "view_opportunity", "Open opportunities"),
        ("sales1", today, "add_opportunity", "Open opportunities"),
        ("sales1", today, "add_activity", f"{next_steps}?who=mine"),
        ("sales1", today, "view_lead view_opportunity", f"{next_steps}?who=mine"),
        ("sales1", next_steps, "add_activity", sold["lead"].name),
        ("sales1", next_steps, "add_opportunity", f"{reverse('opportunity_create')}?customer={other.pk}"),
        ("finance1", today, "confirm_receipt", "Receipts to confirm"),
        ("finance1", today, "issue_invoice", "Receipts to confirm"),
    ]


@pytest.mark.parametrize("looks", [papers, of_customers, of_leads, lists, settings, homes])
def test_a_page_says_and_offers_nothing_by_a_right_that_was_taken_away(company, sold, looks):
    """Who looks where, the right that is taken away, and what goes with it."""
    words_go_with_rights(company, looks(sold))


def test_who_does_not_see_a_kind_of_setting_does_nothing_with_it(company, sold):
    """Neither an administrator nor a seller to whom the stages of a pipeline are closed."""
    spare = pipelines.create_pipeline(name="渠道", actor=SYSTEM)
    asked = sharing_out()
    unused = setting_up.save_group(name="没有人", actor=SYSTEM)
    move = reverse("opportunity_bulk", args=["move-stage"])
    moved = {"ids": [sold["opportunity"].pk], "stage": stage("Discovery").pk}
    table = [
        ("admin", reverse("pipeline_delete", args=[spare.pk]), {}, "view_pipeline", 302, 404),
        ("admin", reverse("stage_place", args=[stage("Discovery").pk]), {"to": "up"}, "view_stage", 302, 404),
        ("admin", reverse("assignment_rule_move", args=[asked.pk]), {}, "view_assignmentrule", 302, 404),
        ("admin", reverse("assignment_rule_delete", args=[asked.pk]), {}, "view_assignmentrule", 302, 404),
        ("admin", reverse("assignment_group_delete", args=[unused.pk]), {}, "view_assignmentgroup", 302, 404),
        ("sales1", move, moved | {"confirmed": "1"}, "view_pipeline", 302, 422),
    ]
    answers_go_with_rights(company, table)


@pytest.mark.parametrize("kind", ["lead", "opportunity", "quote", "order"])
def test_who_hands_nothing_over_gives_nothing_to_others_by_the_api(company, sold, kind):
    """Neither something new nor what is theirs."""
    plural = {"lead": "leads", "opportunity": "opportunities", "quote": "quotes", "order": "orders"}[kind]
    record = make_order(sold["customer"]) if kind == "order" else sold["draft" if kind == "quote" else kind]
    url, model = f"/api/v1/{plural}/", type(record)
    new = (
        {"name": "新的", "phone": "13812345678"}
        if kind == "lead"
        else {"customer": sold["customer"].pk, "name": "新的"}
    )
    take(company.sales1, f"transfer_{kind}")
    record.refresh_from_db()
    call, count = Caller(company.sales1), model.objects.count()
    assert call("POST", url, new | {"owner": company.sales2.pk}).status_code == 403
    version = {"If_Match": f'"{record.version}"'}
    assert call("PATCH", f"{url}{record.pk}/", {"owner": company.sales2.pk}, **version).status_code == 403
    record.refresh_from_db()
    assert (model.objects.count(), record.owner) == (count, company.sales1)
    assert call("POST", url, new | {"owner": company.sales1.pk}).status_code == 201


def test_what_one_sees_names_what_is_hidden_and_leads_nowhere(company):
    """A deal of one's own with a colleague's customer, from a colleague's lead; and what was sold on it."""
    hidden, lead = make_customer(company.sales3, "看不见的公司"), make_lead(company.sales3)
    deal = make_opportunity(hidden, owner=company.sales1, lead=lead)
    theirs = make_opportunity(hidden, owner=company.sales3)
    order = signed_order(hidden, owner=company.sales1, opportunity=theirs)
    mine = make_lead(company.sales1)
    services.convert_lead(mine, customer=hidden, owner=company.sales3, actor=SYSTEM)
    seen = [
        (deal, [hidden, lead]),
        (make_quote(hidden, owner=company.sales1, opportunity=theirs), [hidden, theirs]),
        (order, [hidden, theirs]),
        (services.apply_for_invoice(order, actor=SYSTEM), [hidden]),
        (mine, [hidden]),
    ]
    for record, others in seen:
        url = record.get_absolute_url()
        page, whole = said(company.sales1, url), said(company.admin, url)
        for other in others:
            assert str(other) in page, (record, other)
            link = f'href="{other.get_absolute_url()}"'
            assert link in whole and link not in page, (record, other)
    undo = reverse("lead_unconvert", args=[mine.pk])
    assert undo in whole and undo not in page  # administrators alone
    new, link = f"{reverse('opportunity_create')}?customer={hidden.pk}", f'"{hidden.get_absolute_url()}"'
    theirs, page = said(company.sales3, new), said(company.sales1, new)
    assert hidden.name in theirs and link in theirs
    assert "<form" in page and hidden.name not in page and link not in page


def test_a_customer_one_may_only_read_is_given_nothing(company, sold):
    """No lead becomes it, no cadence begins with its people, nothing of it asks for approval; it shows no button for it."""
    read = make_customer(company.sales3)
    person, quote, deal = make_contact(read), make_quote(read), make_opportunity(read)
    order, lead = signed_order(read), make_lead(company.sales3)
    for record in (read, lead):
        identity.share(record, user=company.sales1, level="read", actor=SYSTEM)
    call, client = Caller(company.sales1), Client()
    client.force_login(company.sales1)
    body = {"contact": person.pk, "cadence": sold["cadence"].pk}
    assert call("POST", "/api/v1/enrolments/", body).status_code == 403
    mine = sold["lead"]
    url = f"/api/v1/leads/{mine.pk}/convert/"
    assert call("POST", url, {"customer": read.pk}).status_code == 403
    page = reverse("lead_convert", args=[mine.pk])
    assert client.post(page, {"customer": read.pk, "version": mine.version}).status_code == 403
    mine.refresh_from_db()
    assert mine.is_open
    assert client.post(reverse("approval_of_record", args=["quote", quote.pk])).status_code == 403
    for where, words in (
        (panel(read, "opportunities"), reverse("opportunity_create")),
        (panel(deal, "products"), reverse("opportunity_lines", args=[deal.pk])),
        (panel(order, "payments"), reverse("order_receipt", args=[order.pk])),
        (panel(lead, "cadence"), reverse("lead_enrol", args=[lead.pk])),
        (panel(lead, "pool"), reverse("lead_return", args=[lead.pk])),
    ):
        assert words in said(company.sales3, where) and words not in said(company.sales1, where), where
    board = said(company.sales1, reverse("opportunity_board"))
    assert f'id="deal-{deal.pk}"' in board and f'id="deal-{deal.pk}" draggable' not in board
    assert f'id="deal-{sold["opportunity"].pk}" draggable' in board


def test_a_cadence_tells_only_of_people_one_follows(company, sold):
    """Another's lead in it changes neither its numbers nor the lead's page for who only reads the lead; words are one's own."""
    lead, cadence = make_lead(company.sales3, email="wang@example.com"), sold["cadence"]
    identity.share(lead, user=company.sales1, level="read", actor=SYSTEM)
    url, begun = f"{cadence.get_absolute_url()}?part=right", panel(lead, "cadence")
    before = [said(who, url) for who in (company.sales1, company.sales3)]
    services.enrol(lead, cadence, actor=SYSTEM)
    services.save_words(cadence.steps.get(), user=company.sales3, subject="你好呀", body="x")
    words = reverse("cadence_step_words", args=[cadence.pk, cadence.steps.get().pk])
    assert said(company.sales1, url) == before[0] and said(company.sales3, url) != before[1]
    assert cadence.name in said(company.sales3, begun) and cadence.name not in said(company.sales1, begun)
    assert "你好呀" in said(company.sales3, words) and "你好呀" not in said(company.sales1, words)
    contact = make_contact(make_customer(company.sales3), email="li@example.com")
    identity.share(contact.customer, user=company.sales1, level="read", actor=SYSTEM)
    pause = reverse("enrolment_pause", args=[services.enrol(contact, cadence, actor=SYSTEM).pk])
    begun = panel(contact, "cadence")
    assert cadence.name in said(company.sales1, begun)
    assert pause in said(company.sales3, begun) and pause not in said(company.sales1, begun)


def test_today_counts_what_the_reach_of_a_role_leaves(company, sold):
    """Of finance, whose orders are all but none; and of a manager who leads people, but sees their own deals alone."""
    waiting, tile = (
        re.compile(r'tile-value[^"]*">(\d+)<'),
        re.compile("Open opportunities.*?(\\d+) deals?", re.DOTALL),
    )
    today, team = reverse("today"), f"{reverse('today')}?who=team"
    assert waiting.findall(said(company.finance1, today))[:4] == ["1", "1", "0", "1"]
    assert tile.search(said(company.manager1, team)).group(1) != "0"
    narrowed = RolePolicy._base_manager.filter(model__in=("sales.order", "sales.opportunity"))
    narrowed.update(scope="assigned")
    assert waiting.findall(said(company.finance1, today))[:4] == ["0", "0", "0", "0"]
    assert tile.search(said(company.manager1, team)).group(1) == "0"


def test_the_next_contract_and_the_deal_of_a_lead_need_the_right_to_make_them(company, sold):
    """By the page and by the API alike."""
    order, quote, lead = sold["order"], sold["quote"], sold["lead"]
    Order.objects.filter(pk=order.pk).update(end_date=company_today() + timedelta(30))
    take(company.sales1, "add_order add_opportunity")
    call, client, count = Caller(company.sales1), Client(), Order.objects.count()
    client.force_login(company.sales1)
    assert call("POST", f"/api/v1/orders/{order.pk}/renew/").status_code == 403
    assert client.post(reverse("order_renew", args=[order.pk])).status_code == 403
    assert call("POST", f"/api/v1/quotes/{quote.pk}/order/", {"kind": "contract"}).status_code == 403
    assert client.post(reverse("quote_order", args=[quote.pk]), {"kind": "contract"}).status_code == 403
    deal = {"opportunity": {"name": "一期"}}
    assert call("POST", f"/api/v1/leads/{lead.pk}/convert/", deal).status_code == 403
    lead.refresh_from_db()
    assert Order.objects.count() == count and lead.is_open


def test_what_colleagues_sold_changes_nothing_for_who_sees_only_what_is_their_own(company):
    """A role whose quotes, orders and deals reach its own alone sees no more by its customers, even in sums."""
    models = ("sales.opportunity", "sales.quote", "sales.order")
    RolePolicy._base_manager.filter(role=company.sales1.role, model__in=models).update(scope="assigned")
    customer = make_customer(company.sales1)

    def sell(owner, price):
        deal = make_opportunity(customer, owner=owner, amount=Decimal(price))
        order = signed_order(customer, owner=owner, opportunity=deal, lines=[a_line(price)])
        services.plan_payments(order, [(company_today(), Decimal(price) / 2, "")], actor=SYSTEM)
        receipt = services.record_receipt(order, amount=Decimal(price) / 4, actor=SYSTEM)
        services.confirm_receipt(receipt, actor=SYSTEM)
        invoice = services.apply_for_invoice(order, amount=Decimal(price) / 8, actor=SYSTEM)
        services.issue_invoice(invoice, number=str(price), actor=SYSTEM)
        make_quote(customer, owner=owner, opportunity=deal)
        return deal

    deal = sell(company.sales1, 800)
    keys = ("opportunities", "quotes", "orders", "payments")
    urls = [panel(customer, key) for key in keys]

    def rate():
        return re.search(
            "Win rate this quarter.*?</dd>", said(company.sales1, reverse("opportunity_board"))
        ).group()

    won = rate()
    mine, all_of_it = ([said(who, url) for url in urls] for who in (company.sales1, company.admin))
    sell(company.sales2, 88_888)
    lost = make_opportunity(customer, owner=company.sales2)
    services.lose_opportunity(lost, reason="price", actor=SYSTEM)
    assert "100" in won and rate() == won
    Quote.objects.filter(owner=company.sales2).update(opportunity=deal)
    Order.objects.filter(owner=company.sales2).update(opportunity=deal)
    for url, before, whole in zip(urls, mine, all_of_it, strict=True):
        assert said(company.sales1, url) == before and said(company.admin, url) != whole, url
    for key in ("quotes", "orders"):
        rows = [said(who, panel(deal, key)).count("deal-row-line") for who in (company.sales1, company.admin)]
        assert rows == [1, 2], key


def test_a_next_step_is_of_what_one_reaches_and_each_puts_it_off_for_themselves(company, sold):
    lead, steps = sold["lead"], reverse("next_actions")
    team = f"{steps}?who=team"
    Lead.objects.filter(pk=lead.pk).update(hand_raised_at=timezone.now())
    services.snooze_action(f"{rules.TAKE_UP}:{lead.pk}", user=company.sales1, until="never")
    assert lead.name not in said(company.sales1, steps) and lead.name in said(company.manager1, team)
    RolePolicy._base_manager.filter(model="sales.lead").update(scope="assigned")
    assert lead.name not in said(company.manager1, team)


def test_an_administrator_whose_role_sees_no_leads_tries_no_rule_on_one(company, sold):
    url = f"{reverse('assignment_try')}?lead={sold['lead'].pk}"
    assert sold["lead"].name in said(company.admin, url)
    RolePolicy._base_manager.filter(model="sales.lead").update(scope="own")
    assert said(company.admin, url) == ""


def test_a_hidden_deal_in_an_address_is_not_named(company, sold):
    hidden = make_opportunity(make_customer(company.sales3), "看不见的商机", need="x")
    url = f"{reverse('quote_create')}?opportunity={hidden.pk}"
    for words in (hidden.get_absolute_url(), hidden.customer.name):
        assert words in said(company.sales3, url) and words not in said(company.sales1, url), words
