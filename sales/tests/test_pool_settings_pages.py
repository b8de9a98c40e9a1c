"""Setting up pools and the assignment of leads in the browser, and trying rules out."""

import pytest

from crm.identity.tests.factories import SYSTEM
from sales import services
from sales.models import AssignmentGroup, AssignmentRule, Pool, RecycleRule
from sales.services.assignment import assign_leads
from sales.tests.factories import make_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def pool(company):
    return services.create_pool("East pool", serves=company.east, actor=SYSTEM)


@pytest.fixture
def admin(client, company):
    client.force_login(company.admin)
    return client


LIMITS = {
    "claims_a_day": 5, "holding_cap": 50, "cool_down_days": 30, "claims_of_one": 2, "claims_of_one_days": 180,
    "claim_protection_days": 3, "own_protection_days": 7, "extension_days": 30,
}  # fmt: skip


def test_only_administrators_set_up(client, company, pool):
    rule = services.save_rule(pool, kind="lead", ground="no_follow_up", days=9, actor=SYSTEM)
    client.force_login(company.director)
    for path in (
        "/settings/pools/", f"/settings/pools/{pool.pk}/", f"/settings/pools/rules/{rule.pk}/",
        "/settings/assignment/", "/settings/assignment/try/", "/settings/assignment/groups/add/",
    ):  # fmt: skip
        assert client.get(path).status_code == 403, path


def test_a_pool_is_opened_and_changed(admin, company):
    form = {"name": "华东公海", "serves": company.east.pk, "takes_leads": "on", "everyone": "on", **LIMITS}
    assert admin.post("/settings/pools/add/", form).status_code == 302
    pool = Pool.objects.get()
    assert (pool.team.parent, pool.takes_customers, pool.claims_a_day) == (company.east, False, 5)
    form |= {"name": "华东", "members": [company.sales3.pk], "claims_a_day": 6}
    del form["everyone"]
    assert admin.post(f"/settings/pools/{pool.pk}/", form).status_code == 302
    page = admin.get(f"/settings/pools/{pool.pk}/").content.decode()
    assert f'value="{company.east.pk}" selected' in page
    assert "Sales3" in page and "Sales1" not in page.split("pool-title")[1].split("</span>")[0]
    form["takes_leads"] = ""
    del form["takes_leads"]
    assert admin.post(f"/settings/pools/{pool.pk}/", form).status_code == 422
    assert "华东" in admin.get("/settings/pools/").content.decode()
    assert admin.post(f"/settings/pools/{pool.pk}/delete/").status_code == 302
    assert not Pool.objects.exists()


def test_a_rule_shows_whom_it_would_take_before_it_is_switched_on(admin, company, pool):
    path = f"/settings/pools/{pool.pk}/rules/add/"
    wrong = {"kind": "lead", "ground": "no_deal", "days": 30}
    assert admin.post(path, wrong).status_code == 422
    assert admin.post(path, {"kind": "lead", "ground": "no_follow_up", "days": 30}).status_code == 302
    rule = RecycleRule.objects.get()
    page = admin.get(f"/settings/pools/rules/{rule.pk}/").content.decode()
    assert 'name="seen" value="0"' in page
    switch = f"/settings/pools/rules/{rule.pk}/switch/"
    admin.post(switch, {"do": "on"})
    rule.refresh_from_db()
    assert not rule.is_on  # nobody has seen whom it would take
    admin.post(switch, {"do": "on", "seen": "0"})
    rule.refresh_from_db()
    assert rule.is_on
    assert (
        admin.post(f"/settings/pools/rules/{rule.pk}/edit/", {**wrong, "ground": "protection"}).status_code
        == 302
    )
    assert admin.post(f"/settings/pools/rules/{rule.pk}/delete/").status_code == 302
    assert not RecycleRule.objects.exists()


def members(*people, **values):
    rows = {"members-TOTAL_FORMS": len(people), "members-INITIAL_FORMS": 0}
    for number, person in enumerate(people):
        rows |= {f"members-{number}-person": person.pk, f"members-{number}-weight": 1}
        rows |= {f"members-{number}-{name}": value for name, value in values.items()}
    return rows


def test_a_group_a_rule_and_a_dry_run(admin, company):
    form = {"name": "华东", "strategy": "territory", "acceptance_hours": "2"}
    people = members(company.sales1, company.sales2, territories="上海, 浙江", skills="english 3")
    assert admin.post("/settings/assignment/groups/add/", form | people).status_code == 302
    group = AssignmentGroup.objects.get()
    assert [one.user.username for one in group.members.order_by("position")] == ["sales1", "sales2"]
    assert group.members.first().territories == ["310000", "330000"]
    assert group.members.first().skills == {"english": 3}
    bad = form | members(company.sales1, territories="Atlantis")
    assert admin.post(f"/settings/assignment/groups/{group.pk}/", bad).status_code == 422
    assert (
        admin.post(
            f"/settings/assignment/groups/{group.pk}/", form | members(company.sales1, company.sales1)
        ).status_code
        == 422
    )
    rule = {"name": "华东线索", "group": group.pk, "regions": "上海", "is_active": "on"}
    assert admin.post("/settings/assignment/rules/add/", rule).status_code == 302
    assert (
        admin.post("/settings/assignment/rules/add/", rule | {"name": "其余", "regions": ""}).status_code
        == 302
    )
    assert "上海" in admin.get("/settings/assignment/").content.decode()
    first, last = AssignmentRule.objects.order_by("position")
    admin.post(f"/settings/assignment/rules/{last.pk}/move/", {"to": "up"})
    assert list(AssignmentRule.objects.order_by("position")) == [last, first]
    told = admin.get("/settings/assignment/try/", {"try": "1", "region": "浦东新区", "name": "王五"})
    assert "Sales1" in told.content.decode()
    assert admin.get("/settings/assignment/try/", {"lead": make_lead(None).pk}).status_code == 200
    assert admin.post(f"/settings/assignment/groups/{group.pk}/delete/").status_code == 302
    assert AssignmentGroup.objects.exists()  # rules lead to it
    for one in (first, last):
        admin.post(f"/settings/assignment/rules/{one.pk}/delete/")
    admin.post(f"/settings/assignment/groups/{group.pk}/delete/")
    assert not AssignmentGroup.objects.exists()


def test_a_lead_is_taken_up_on_its_page(client, company):
    group = AssignmentGroup._base_manager.create(name="one")
    group.members.create(user=company.sales1)
    AssignmentRule._base_manager.create(name="all", group=group)
    lead = make_lead(None)
    assign_leads([lead.pk], actor=SYSTEM)
    client.force_login(company.sales1)
    assert f"/leads/{lead.pk}/accept/" in client.get(f"/leads/{lead.pk}/panels/right/pool/").content.decode()
    assert client.post(f"/leads/{lead.pk}/accept/").status_code == 302
    assert lead.assignments.get().state == "accepted"
    client.force_login(company.sales3)
    assert client.post(f"/leads/{lead.pk}/accept/").status_code == 404
