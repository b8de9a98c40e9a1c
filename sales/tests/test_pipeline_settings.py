import threading
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_customer
from crm.core.writes import RuleBroken
from crm.events.models import Event
from crm.identity.tests.factories import make_company
from crm.listing.rest.testing import Caller
from crm.records.services.custom_fields import archive_field, create_field, update_field
from sales import services
from sales.models import Opportunity, Pipeline, Stage, StageHistory
from sales.queries.opportunities import pipelines_of
from sales.services import pipelines
from sales.tests.factories import SYSTEM, make_opportunity, stage

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "drawer"}


@pytest.fixture
def company():
    return make_company()


def admin(company):
    client = Client()
    client.force_login(company.admin)
    return client


def test_the_page_shows_every_stage_with_its_deals(company):
    make_opportunity(make_customer(company.sales1), stage=stage("Proposal"))
    text = admin(company).get(reverse("pipelines")).content.decode()
    assert all(name in text for name in ("Qualify", "Proposal", "Won", "competitor"))


def test_a_pipeline_of_some_teams_is_theirs(company):
    data = {"name": "渠道", "name_en": "Channel", "teams": [company.south.pk]}
    assert admin(company).post(reverse("pipeline_add"), data, headers=HTMX).status_code == 204
    made = Pipeline.objects.get(name_en="Channel")
    assert [one.kind for one in made.stages.order_by("position")] == ["open", "open", "won", "lost"]
    assert made in pipelines_of(company.sales3) and made not in pipelines_of(company.sales1)


def test_a_copy_has_the_stages_of_the_other(company):
    copy = pipelines.create_pipeline(name="大客户", copy=Pipeline.objects.get(), actor=SYSTEM)
    assert copy.stages.count() == Pipeline.objects.get(is_default=True).stages.count()
    assert copy.stages.get(name_en="Discovery").asks == ["amount", "expected_close_date"]


def test_stages_are_added_before_those_for_closed_deals_changed_and_put_in_order(company):
    client, pipeline = admin(company), Pipeline.objects.get()
    data = {
        "name": "试用",
        "probability": "60",
        "forecast_category": "best_case",
        "asks": ["amount"],
        "rot_days": "7",
    }
    assert client.post(reverse("stage_add", args=[pipeline.pk]), data, headers=HTMX).status_code == 204
    order = lambda: [one.name_en or one.name for one in pipeline.stages.order_by("position")]  # noqa: E731
    assert order() == ["Qualify", "Discovery", "Proposal", "Negotiation", "试用", "Won", "Lost"]
    client.post(reverse("stage_place", args=[Stage.objects.get(name="试用").pk]), {"to": "up"})
    assert order()[3:5] == ["试用", "Negotiation"]
    refused = client.post(
        reverse("stage_edit", args=[stage("Proposal").pk]), data | {"probability": "101"}, headers=HTMX
    )
    assert refused.status_code == 422


def test_a_stage_may_ask_for_a_custom_field(company):
    create_field(model="sales.opportunity", kind="text", label_zh="招标号", key="tender", actor=SYSTEM)
    pipelines.update_stage(stage("Qualify"), asks=["cf_tender"], actor=SYSTEM)
    deal = make_opportunity(make_customer(company.sales1))
    with pytest.raises(services.AsksFirst) as error:
        services.move_opportunity(deal, to=stage("Discovery"), actor=SYSTEM)
    assert error.value.missing == ["cf_tender"]
    url = reverse("opportunity_move", args=[deal.pk])
    client = Client()
    client.force_login(company.sales1)
    asked = client.post(url, {"stage": stage("Discovery").pk, "version": deal.version}, headers=HTMX)
    assert 'name="cf_tender"' in asked.content.decode()
    data = {"stage": stage("Discovery").pk, "version": deal.version, "cf_tender": "ZB-2026-8"}
    assert client.post(url, data, headers=HTMX).status_code == 204
    with pytest.raises(RuleBroken, match="no such field"):
        pipelines.update_stage(stage("Qualify"), asks=["password"], actor=SYSTEM)


@pytest.mark.parametrize("gone", ["archived", "not for deals like this"])
def test_a_stage_asks_for_no_field_that_nobody_could_fill_in(company, gone):
    one = create_field(model="sales.opportunity", kind="text", label_zh="招标号", key="tender", actor=SYSTEM)
    pipelines.update_stage(stage("Qualify"), asks=["cf_tender"], actor=SYSTEM)
    deal = make_opportunity(make_customer(company.sales1), need="x")
    if gone == "archived":
        archive_field(one, actor=SYSTEM)
    else:
        update_field(one, shown_when={"field": "need", "operator": "empty"}, actor=SYSTEM)
    assert services.move_opportunity(deal, to=stage("Discovery"), actor=SYSTEM).stage == stage("Discovery")


def test_deleting_a_stage_asks_where_its_deals_go(company, django_assert_max_num_queries):
    customer = make_customer(company.sales1)
    deals = [
        make_opportunity(customer, stage=stage("Proposal"), amount=Decimal(number)) for number in range(4)
    ]
    won = services.win_opportunity(deals.pop(), actor=SYSTEM)
    target = stage("Proposal")
    with pytest.raises(RuleBroken, match="Choose where"):
        pipelines.delete_stage(target, actor=SYSTEM)
    client, url = admin(company), reverse("stage_delete", args=[target.pk])
    assert "3 deals" in client.get(url, headers=HTMX).content.decode()
    with django_assert_max_num_queries(45):
        assert client.post(url, {"to": stage("Discovery").pk}, headers=HTMX).status_code == 204
    moved = Opportunity.objects.filter(pk__in=[one.pk for one in deals])
    assert {(one.stage.name_en, one.probability) for one in moved} == {("Discovery", 30)}
    assert StageHistory.objects.filter(opportunity=deals[0], left_at=None).get().stage == stage("Discovery")
    assert Event.objects.filter(name="opportunity.stage_changed", subject_id=deals[0].pk).count() == 1
    assert not Stage.objects.get(pk=target.pk).is_active
    reopened = services.reopen_opportunity(won, actor=SYSTEM)
    assert reopened.stage == stage("Qualify")  # the one it was closed from is gone


def test_deals_in_the_bin_are_asked_about_as_well(company):
    """They come back to the stage they stood in, so it cannot go without them."""
    deal = make_opportunity(make_customer(company.sales1), stage=stage("Proposal"))
    services.delete_opportunity(deal, actor=SYSTEM)
    client, url = admin(company), reverse("stage_delete", args=[stage("Proposal").pk])
    assert 'name="to"' in client.get(url, headers=HTMX).content.decode()
    assert client.post(url, {"to": stage("Discovery").pk}, headers=HTMX).status_code == 204
    assert services.restore_opportunity(deal, actor=SYSTEM).stage == stage("Discovery")


def test_what_becomes_of_a_pipeline_is_kept(company):
    second = pipelines.create_pipeline(name="渠道", teams=[company.east], actor=SYSTEM)
    pipelines.update_pipeline(second, teams=[company.south, company.east], actor=SYSTEM)
    told = Event.objects.filter(name="pipeline.updated", subject_id=str(second.pk)).latest("pk")
    assert told.payload["teams"] == [["East"], ["East", "South"]]


def test_the_default_pipeline_is_in_use(company):
    second = pipelines.create_pipeline(name="渠道", actor=SYSTEM)
    pipelines.update_pipeline(second, is_active=False, actor=SYSTEM)
    with pytest.raises(RuleBroken, match="in use"):
        pipelines.update_pipeline(second, is_default=True, actor=SYSTEM)
    assert Pipeline.objects.get(is_default=True) != second
    body = {"name": "二期", "customer": make_customer(company.sales1).pk, "pipeline": second.pk}
    refused = Caller(company.sales1)("POST", "/api/v1/opportunities/", body)
    assert refused.status_code == 400 and "pipeline" in refused.json()["errors"]


def test_what_is_needed_stays(company):
    pipeline = Pipeline.objects.get()
    for closing in ("Won", "Lost"):
        with pytest.raises(RuleBroken, match="won and lost"):
            pipelines.delete_stage(stage(closing), actor=SYSTEM)
    with pytest.raises(RuleBroken, match="default"):
        pipelines.delete_pipeline(pipeline, actor=SYSTEM)
    second = pipelines.create_pipeline(name="渠道", actor=SYSTEM)
    make_opportunity(make_customer(company.sales1), pipeline=second)
    with pytest.raises(RuleBroken, match="open deals"):
        pipelines.update_pipeline(second, is_active=False, actor=SYSTEM)
    pipelines.update_pipeline(second, is_default=True, actor=SYSTEM)
    assert Pipeline.objects.filter(is_default=True).get() == second


def test_by_the_api(company):
    def send(user, method, url, body=None):
        return Caller(user)(method, f"/api/v1/{url}", body or {})

    listed = send(company.sales1, "GET", "stages/?sort=position").json()["results"]
    assert [one["name_en"] for one in listed][:2] == ["Qualify", "Discovery"]
    assert send(company.sales1, "POST", "pipelines/", {"name": "x"}).status_code == 403
    made = send(company.admin, "POST", "pipelines/", {"name": "渠道"})
    assert made.status_code == 201
    added = send(
        company.admin, "POST", "stages/", {"pipeline": made.json()["id"], "name": "试用", "probability": 40}
    )
    assert added.status_code == 201
    assert (
        send(company.admin, "PATCH", f"stages/{added.json()['id']}/", {"probability": 140}).status_code == 400
    )
    make_opportunity(make_customer(company.sales1), stage=stage("Proposal"))
    assert send(company.admin, "DELETE", f"stages/{stage('Proposal').pk}/").status_code == 400
    target = stage("Discovery").pk
    assert send(company.admin, "DELETE", f"stages/{stage('Proposal').pk}/?to={target}").status_code == 204


@pytest.mark.django_db(transaction=True)
def test_of_many_who_choose_the_default_at_once_the_last_has_their_way():
    administrator = make_company().admin
    made = [pipelines.create_pipeline(name=f"管道{n}", actor=SYSTEM) for n in range(6)]
    together, answers = threading.Barrier(len(made)), []

    def choose(pipeline):
        try:
            client = Client()
            client.force_login(administrator)
            url, page = (
                reverse("pipeline_edit", args=[pipeline.pk]),
                {"name": pipeline.name, "is_default": "on"},
            )
            client.get(url)
            together.wait()
            answers.append(client.post(url, {**page, "is_active": "on"}).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=choose, args=(one,)) for one in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [302] * len(made)
    assert Pipeline.objects.get(is_default=True) in made
