"""Help on each page, the user guide, the tour and first steps of somebody new, and the order of pinned views."""

import re

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from accounts.tests.factories import make_customer
from crm.console import services
from crm.console.guide import guide
from crm.console.help import GENERAL, template_of, topic_of, topics
from crm.console.models import Welcome
from crm.console.queries import greeting_for
from crm.identity.services import update_user
from crm.identity.tests.factories import SYSTEM
from crm.records.queries import forget_views, pinned_views
from crm.records.services.saved_views import create_view, pin

pytestmark = pytest.mark.django_db


@pytest.fixture
def login(client):
    """Sign somebody in and hand back the browser."""

    def signed_in(user):
        client.force_login(user)
        return client

    return signed_in


def test_a_page_is_explained_by_its_own_topic_or_by_that_of_its_kind():
    assert topic_of("customer_list") == "customer_list"
    assert topic_of("customer_transfer") == "customer"
    assert topic_of("nothing_of_the_kind") == ""
    assert template_of("nothing_of_the_kind") == f"help/{GENERAL}.html"


@pytest.mark.parametrize("topic", sorted(topics()))
def test_every_topic_names_a_purpose_three_things_and_a_section_of_the_guide(topic):
    html = render_to_string(f"help/{topic}.html")
    things = re.findall(r"<li>(.*?)</li>", html)
    assert len(things) == 3
    assert all(things)
    assert re.search(r"<h3>\S", html)
    assert re.search(r"<p>\S", html)
    anchor = re.search(r'href="/guide/#([^"]*)"', html)[1]
    assert anchor in {section.anchor for section in guide("en")} | {""}


def test_the_guide_has_the_same_sections_in_both_languages():
    english, chinese = guide("en"), guide("zh-hans")
    assert [one.anchor for one in english] == [one.anchor for one in chinese]
    assert len(english) >= 10
    customers = next(one for one in chinese if one.anchor == "customers")
    assert customers.title == "客户"
    assert "关键信息" in customers.html
    assert "<script" not in "".join(one.html for one in english)
    assert 'href="howto' not in "".join(one.html for one in english), "links to files lead nowhere here"


def test_help_opens_beside_the_page_or_as_one(login, company):
    client = login(company.sales1)
    url = reverse("help_panel", args=["customer_list"])
    drawer = client.get(url, headers={"HX-Request": "true", "HX-Target": "drawer"}).content.decode()
    page = client.get(url).content.decode()
    assert 'class="drawer"' in drawer
    assert "<html" not in drawer
    assert "<html" in page
    assert f'href="{url}"' in client.get(reverse("customer_list")).content.decode()
    assert client.get(reverse("help_panel", args=["no_such_page"])).status_code == 200
    assert client.get(reverse("guide")).status_code == 200


def test_the_tour_goes_on_where_it_was_and_never_comes_again(login, company):
    client = login(company.sales1)
    today, answer = reverse("today"), reverse("welcome")
    assert "data-tour-now" not in client.get(today).content.decode(), "it waits to be asked"
    client.post(answer, {"step": "3"})
    html = client.get(today).content.decode()
    assert "data-tour-now" in html
    assert 'data-tour-at="2"' in html
    client.post(answer, {"answer": "end"})
    html = client.get(today).content.decode()
    assert "data-tour-now" not in html
    assert "data-tour-start" not in html
    client.post(answer, {"answer": "again"})
    assert 'data-tour-at="0"' in client.get(today).content.decode()
    assert Welcome._base_manager.get(user=company.sales1).tour_state == "begun"


@pytest.mark.parametrize("sent", [{}, {"step": "x"}, {"step": "-1"}, {"answer": "end_of_the_world"}])
def test_nonsense_changes_nothing(sent, login, company):
    login(company.sales1).post(reverse("welcome"), sent)
    assert not Welcome._base_manager.exists()


@pytest.mark.parametrize(
    ("who", "tour"),
    [
        ("admin", "admin"),
        ("manager1", "lead"),
        ("sales1", "sales"),
        ("service1", "desk"),
        ("finance1", "reader"),
        ("marketing2", "reader"),
    ],
)
def test_each_role_has_its_tour(who, tour, company):
    if who == "manager1":
        from crm.identity.services import update_team

        update_team(company.east, leader=company.manager1, actor=SYSTEM)
    assert greeting_for(getattr(company, who)).tour == tour


def test_first_steps_tick_themselves_and_can_be_put_away(login, company):
    def open_steps():
        me.refresh_from_db()
        forget_views(me)
        return {step.key for step in greeting_for(me).steps if not step.done}

    me = company.sales1
    assert open_steps() == {"reach", "customer", "follow-up", "view"}
    make_customer(me)
    assert open_steps() == {"reach", "follow-up", "view"}
    pin(me, listing="customer", view=None, builtin="all", pinned=True)
    update_user(me, phone="13805120001", actor=SYSTEM)
    assert open_steps() == {"follow-up"}
    assert greeting_for(me).shown
    with translation.override("en"):
        assert "Your first steps" in login(me).get(reverse("today")).content.decode()
    services.hide_first_steps(me)
    assert not greeting_for(me).shown


def test_administrators_first_set_the_installation_up(company):
    greeting = greeting_for(company.admin)
    assert greeting.setting_up
    assert {"company", "people", "customers"} <= {step.key for step in greeting.steps}


def test_pinned_views_take_the_order_one_gives_them(login, company):
    me = company.sales1
    made = [
        create_view(me, listing="customer", name=name, params={}, pinned=True)
        for name in ("one", "two", "three")
    ]
    other = create_view(company.sales2, listing="customer", name="theirs", params={}, pinned=True)
    wanted = [made[2].pk, made[0].pk, made[1].pk]
    sent = [wanted[0], other.pk, "x", *wanted[1:]]
    assert login(me).post(reverse("pinned_arrange"), {"id": sent}).status_code == 204
    forget_views(me)
    assert [view.pk for view in pinned_views(me)] == wanted
    other.refresh_from_db()
    assert other.position == 1
