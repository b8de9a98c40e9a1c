import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import make_contact, make_customer
from crm.approvals import services as approvals
from crm.approvals.models import ApprovalRequest
from crm.approvals.tests.factories import led_company
from crm.identity import services as identity
from crm.identity.tests.factories import actor, make_company
from crm.records.services.rates import set_rate
from sales import services
from sales.models import Opportunity, Pipeline, Stage
from sales.queries.board import CARDS
from sales.tests.factories import SYSTEM, make_opportunity, stage

pytestmark = pytest.mark.django_db
BOARD = "/opportunities/board/"
TODAY = timezone.localdate()


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def customer(company):
    return make_customer(company.sales1, "杭州云栖精密机械有限公司")


def browser(user):
    client = Client()
    client.force_login(user)
    client.get("/settings/")
    return client


def full(customer, **values):
    known = {"need": "替换", "contact": make_contact(customer), "source": "ad"}
    return make_opportunity(customer, **(known | values))


def test_cards_stand_in_the_columns_of_their_stages(company, customer):
    full(customer, name="节拍验证", amount=Decimal(480_000), expected_close_date=TODAY + timedelta(20))
    won = full(customer, name="维保年框", amount=Decimal(260_000))
    services.win_opportunity(won, actor=SYSTEM)
    make_opportunity(make_customer(company.sales3), name="别人的")
    text = browser(company.sales1).get(BOARD).content.decode()
    assert "节拍验证" in text and "维保年框" in text and "别人的" not in text
    assert text.count('class="deal deal-unplanned"') == 1 and text.count('id="deal-') == 2
    assert "¥480K" in text


def test_the_first_view_and_a_move_cost_few_queries(company, customer):
    deals = [full(customer, amount=Decimal(number)) for number in range(3)]
    Stage.objects.filter(pk=stage("Negotiation").pk).update(needs_approval=True)  # costs one more
    client = browser(company.sales1)
    with CaptureQueriesContext(connection) as seen:
        client.get(BOARD)
    assert len(seen) <= 15, [one["sql"][:150] for one in seen]
    data = {"stage": stage("Discovery").pk, "version": deals[0].version, "place": "dragged"}
    with CaptureQueriesContext(connection) as seen:
        response = client.post(
            reverse("opportunity_move", args=[deals[0].pk]), data, headers={"HX-Request": "true"}
        )
    assert response.status_code == 204
    statements = [one["sql"] for one in seen if "SAVEPOINT" not in one["sql"]]
    assert len(statements) <= 12, [sql[:150] for sql in statements]


def test_a_dragged_card_keeps_its_place_and_the_sums_follow(company, customer):
    deal = full(customer, amount=Decimal(1000))
    client = browser(company.sales1)
    data = {"stage": stage("Discovery").pk, "version": deal.version, "place": "dragged"}
    response = client.post(reverse("opportunity_move", args=[deal.pk]), data, headers={"HX-Request": "true"})
    deal.refresh_from_db()
    card = json.loads(response.headers["HX-Trigger"])["cardMoved"]
    assert card == {"id": deal.pk, "version": deal.version, "stage": stage("Discovery").pk}
    heads = client.get(f"{BOARD}heads/").content.decode()
    assert f'id="head-{stage("Discovery").pk}"' in heads
    assert "¥300" in heads  # weighted: 30 % of it


def test_long_columns_come_in_pieces_and_nothing_twice(company, customer):
    for number in range(CARDS + 5):
        make_opportunity(customer, name=f"D{number:03}", expected_close_date=TODAY + timedelta(number // 3))
    client = browser(company.sales1)
    first = client.get(BOARD).content.decode()
    pieces = first.partition('class="deals-more"')
    address = pieces[2].partition('hx-get="')[2].partition('"')[0].replace("&amp;", "&")
    rest = client.get(address).content.decode()
    names = [f"D{number:03}" for number in range(CARDS + 5)]
    assert [name for name in names if name in pieces[0]] == names[:CARDS]
    assert [name for name in names if f'title="{name}"' in rest] == names[CARDS:]
    assert client.get(f"{BOARD}columns/{stage('Qualify').pk}/?after=nonsense").status_code == 404


def test_others_cards_do_not_come_with_a_column(company):
    make_opportunity(make_customer(company.sales3), name="别人的")
    address = f"{BOARD}columns/{stage('Qualify').pk}/"
    assert "别人的" not in browser(company.sales1).get(address).content.decode()
    assert "别人的" in browser(company.sales3).get(address).content.decode()
    assert browser(company.service1).get(address).status_code == 403


def test_the_filters_of_the_list_narrow_the_board(company, customer):
    make_opportunity(customer, name="小单", amount=Decimal(10))
    make_opportunity(customer, name="大单", amount=Decimal(1_000_000))
    client = browser(company.sales1)
    text = client.get(f"{BOARD}?amount_from=1000").content.decode()
    assert "大单" in text and "小单" not in text
    assert client.get(f"{BOARD}?nonsense=1").status_code == 400
    form = client.get(f"{BOARD}filters/?amount_from=1000", headers={"HX-Request": "true"}).content.decode()
    assert f'action="{BOARD}"' in form


def test_mixed_currencies_are_converted_and_marked(company, customer):
    set_rate("USD", TODAY - timedelta(1), Decimal(7), actor=SYSTEM)
    make_opportunity(customer, amount=Decimal(100_000))
    make_opportunity(customer, amount=Decimal(100_000), currency="USD")
    text = browser(company.sales1).get(BOARD).content.decode()
    assert "≈¥800K" in text


def test_another_pipeline(company, customer):
    second = Pipeline(name="渠道", name_en="Channel", position=2)
    second.save()
    for position, (kind, chance) in enumerate([("open", 20), ("won", 100), ("lost", 0)]):
        Stage(
            pipeline=second, position=position, name=kind, name_en=f"C-{kind}", kind=kind, probability=chance
        ).save()
    make_opportunity(customer, name="渠道单", stage=Stage.objects.get(name_en="C-open"))
    client = browser(company.sales1)
    assert "渠道单" not in client.get(BOARD).content.decode()
    assert "渠道单" in client.get(f"{BOARD}?pipeline={second.pk}").content.decode()
    assert Opportunity.objects.get().pipeline == second


def test_a_card_one_only_sees_does_not_move_and_a_hidden_one_is_not_there(company):
    other = make_customer(company.sales3)
    deal = full(other)
    data = {"stage": stage("Discovery").pk, "version": deal.version, "place": "dragged"}
    url = reverse("opportunity_move", args=[deal.pk])
    assert browser(company.sales1).post(url, data, headers={"HX-Request": "true"}).status_code == 404
    identity.share(other, user=company.sales1, level="read", actor=SYSTEM)
    assert browser(company.sales1).post(url, data, headers={"HX-Request": "true"}).status_code == 403
    deal.refresh_from_db()
    assert deal.stage == stage("Qualify")


def test_a_card_that_waits_for_approval_says_so_and_leads_there_who_may_go():
    company = led_company()
    customer = make_customer(company.sales1)
    deal = full(customer, owner=company.sales1, name="要审批的")
    gate = stage("Discovery")
    Stage.objects.filter(pipeline=deal.pipeline_id).update(asks=[])
    Stage.objects.filter(pk=gate.pk).update(needs_approval=True)
    by = actor(company.sales1)
    request = approvals.submit(
        "stage", deal, submitter=company.sales1, actor=by, detail={"choice": str(gate.pk)}
    )
    mark = f'<a class="deal-waits" href="{request.get_absolute_url()}"'
    for who in (company.sales1, company.manager1):
        assert browser(who).get(BOARD).content.decode().count(mark) == 1
        assert browser(who).get(request.get_absolute_url()).status_code == 200
    column = browser(company.sales1).get(reverse("opportunity_board_column", args=[deal.stage_id]))
    assert mark in column.content.decode()
    ApprovalRequest.objects.filter(pk=request.pk).update(submitter=company.sales3, team=company.south)
    share_lost = browser(company.sales1).get(BOARD).content.decode()
    assert mark not in share_lost and 'class="deal-waits"' in share_lost
    approvals.withdraw(ApprovalRequest.objects.get(), user=company.sales3, actor=actor(company.sales3))
    assert "deal-waits" not in browser(company.sales1).get(BOARD).content.decode()
