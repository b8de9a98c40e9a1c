"""The command palette: what it finds, for whom, at what cost, and what it offers to do."""

import pytest
from django.utils import timezone

from accounts import services
from accounts.tests.factories import by, make_contact, make_customer
from crm.identity import services as identity
from crm.identity.models import User
from crm.identity.tests.factories import SYSTEM

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def some(company):
    User._base_manager.update(language="en")
    mine = make_customer(company.sales1, "杭州云栖精密机械有限公司")
    make_contact(mine, "沈立群")
    make_customer(company.sales3, "云栖小镇物业服务有限公司")
    services.log_follow_up(
        actor=by(company.sales1),
        author=company.sales1,
        customer=mine,
        kind="note",
        body="云栖要先试跑两周",
        done_at=timezone.now(),
    )
    return mine


def ask(client, user, text, **extra):
    client.force_login(user)
    answer = client.get("/palette/", {"q": text, **extra}, headers=HTMX)
    assert answer.status_code == 200
    return answer


def titles(answer):
    return {listing.key: [hit.title for hit in hits] for listing, hits in answer.context["groups"]}


@pytest.mark.parametrize("text", ["云栖", "hzyqjmjx", "yunqi", "hangzhouyunq"])
def test_records_are_found_by_characters_initials_and_pinyin(client, company, some, text):
    assert titles(ask(client, company.sales1, text))["customer"] == ["杭州云栖精密机械有限公司"]


def test_every_kind_is_found_at_once_or_one_alone(client, company, some):
    found = titles(ask(client, company.sales1, "云栖"))
    assert set(found) == {"customer", "activity"}
    assert set(titles(ask(client, company.sales1, "云栖", kind="activity"))) == {"activity"}
    assert titles(ask(client, company.sales1, "沈立群"))["contact"] == ["沈立群"]


def test_nobody_finds_what_they_do_not_see(client, company, some):
    assert titles(ask(client, company.sales3, "云栖")) == {"customer": ["云栖小镇物业服务有限公司"]}
    assert titles(ask(client, company.sales2, "云栖")) == {}
    assert len(titles(ask(client, company.admin, "云栖"))["customer"]) == 2
    identity.share(some, user=company.sales2, actor=SYSTEM)
    assert titles(ask(client, company.sales2, "云栖"))["customer"] == ["杭州云栖精密机械有限公司"]


def test_pinyin_of_the_whole_base_is_found_anywhere_in_a_name(client, company, some):
    assert titles(ask(client, company.admin, "yunqixiao"))["customer"] == ["云栖小镇物业服务有限公司"]
    assert titles(ask(client, company.admin, "yunqijing"))["customer"] == ["杭州云栖精密机械有限公司"]
    assert titles(ask(client, company.admin, "hang"))["customer"] == ["杭州云栖精密机械有限公司"]


@pytest.mark.parametrize("who", ["sales1", "manager1", "director", "admin", "service1"])
def test_an_answer_costs_at_most_eight_queries(client, company, some, who, django_assert_max_num_queries):
    person = getattr(company, who)
    ask(client, person, "云栖")
    with django_assert_max_num_queries(8):
        client.get("/palette/", {"q": "云栖"}, headers=HTMX)
    with django_assert_max_num_queries(8):
        client.get("/palette/", {"q": "yunqi"}, headers=HTMX)


def labels(answer):
    return [action.label for action in answer.context["actions"]]


def test_actions_are_found_by_their_words(client, company, some):
    assert "New customer" in labels(ask(client, company.sales1, "new cust"))
    User._base_manager.update(language="zh-hans")
    assert "新建客户" in labels(ask(client, company.sales1, "xjkh"))
    assert "新建客户" in labels(ask(client, company.sales1, "xinjian"))


def test_an_angle_shows_actions_only(client, company, some):
    answer = ask(client, company.sales1, ">")
    assert not answer.context["groups"] and {"New customer", "Contacts"} <= set(labels(answer))


def test_the_best_hit_and_what_was_not_found_lead_on(client, company, some):
    answer = ask(client, company.sales1, "云栖")
    actions = {action.label: action.url for action in answer.context["actions"]}
    assert actions["Write a follow-up with 杭州云栖精密机械有限公司"] == f"/customers/{some.pk}/follow-up/"
    created = next(url for label, url in actions.items() if label.startswith("New customer"))
    assert 'value="云栖"' in client.get(created).content.decode()


def test_actions_are_those_one_may_do(client, company, some):
    offered = labels(ask(client, company.finance1, ">"))
    assert "New customer" not in offered and "Audit log" not in offered


def test_without_scripts_the_search_page_answers(client, company, some):
    client.force_login(company.sales1)
    assert client.get("/palette/?q=%E4%BA%91").url == "/search/?q=%E4%BA%91"


@pytest.mark.parametrize("text", ["<script>", "'; --", "%", "\\", "＞", ">>", "a" * 500, "\x00云"])
def test_strange_text_is_answered(client, company, some, text):
    assert b"<script>" not in ask(client, company.sales1, text).content
