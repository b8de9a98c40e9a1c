"""A custom field of many customers set at once, and the order of custom texts."""

import pytest

from accounts.listings import CUSTOMERS
from accounts.models import Contact, Customer
from accounts.tests.custom_tools import browser, field
from accounts.tests.factories import SYSTEM, make_contact, make_customer, make_tag
from crm.events.models import Event
from crm.identity.services import share
from crm.records.models import BackgroundJob

pytestmark = pytest.mark.django_db
URL = "/customers/bulk/set-field/"


@pytest.fixture
def some(company):
    field(
        "choice",
        "grade",
        options=[{"key": key, "label_zh": key, "label_en": key} for key in ("gold", "iron")],
    )
    field("number", "seats")
    field("text", "secret", visible_to=["finance"])
    field("text", "plate", unique=True)
    return [make_customer(company.sales1, f"客户{number}", custom={"seats": 3}) for number in range(4)]


def post(client, records, url=URL, **data):
    return client.post(url, {"ids": [one.pk for one in records], "confirmed": "1", **data})


def values(key):
    return [one.custom.get(key) for one in Customer.objects.order_by("pk")]


def test_the_form_offers_what_somebody_may_edit_and_what_many_can_share(company, some):
    text = browser(company, "sales1").post(URL, {"ids": [some[0].pk]}).content.decode()
    assert 'value="cf_grade"' in text and 'name="cf_seats"' in text and "data-shown-when" in text
    assert "cf_secret" not in text and "cf_plate" not in text


def test_many_get_the_value_and_what_somebody_may_not_change_is_named(company, some):
    read = make_customer(company.sales2, "同事的客户")
    share(read, user=company.sales1, level="read", actor=SYSTEM)
    client = browser(company, "sales1")
    assert post(client, [*some[:2], read], field="cf_grade", cf_grade="gold", cf_seats="9").status_code == 302
    job = BackgroundJob.objects.get()
    assert (job.done, job.failed) == (2, 1) and job.failures[0]["label"] == "同事的客户"
    assert values("grade") == ["gold", "gold", None, None, None] and values("seats")[:2] == ["3.00", "3.00"]
    changed = Event.objects.filter(name="customer.updated").latest("id")
    assert changed.actor_id == str(company.sales1.pk) and "cf_grade" in changed.changes
    client.post(f"/jobs/{job.pk}/undo/")
    assert values("grade") == [None] * 5


def test_an_empty_value_clears_and_a_wrong_one_writes_nothing(company, some):
    client = browser(company, "sales1")
    assert post(client, some, field="cf_seats", cf_seats="many").status_code == 422
    assert post(client, some, field="cf_secret", cf_secret="x").status_code == 422
    assert post(client, some, field="cf_plate", cf_plate="x").status_code == 422
    assert post(client, some, cf_seats="5").status_code == 422
    assert values("seats") == ["3.00"] * 4 and not BackgroundJob.objects.exists()
    post(client, some[:3], field="cf_seats", cf_seats="")
    assert values("seats") == [None, None, None, "3.00"]


def test_contacts_too(company, some):
    field("date", "birthday", model="accounts.contact")
    person = make_contact(some[0])
    client = browser(company, "sales1")
    post(client, [person], "/contacts/bulk/set-field/", field="cf_birthday", cf_birthday="1990-05-06")
    assert Contact.objects.get(pk=person.pk).custom == {"birthday": "1990-05-06"}


def test_nobody_is_offered_it_without_fields_to_set(company):
    customer = make_customer(company.sales1)
    assert "set-field" not in browser(company, "sales1").get("/customers/").content.decode()
    assert browser(company, "sales1").post(URL, {"ids": [customer.pk]}).status_code == 403


@pytest.mark.parametrize("verb", [one.name for one in CUSTOMERS.bulk])
def test_every_verb_does_all_that_match_and_says_what_it_could_not(company, some, verb):
    """All matching rows, in the background, each by its own right: a row only read is named with the reason."""
    read = make_customer(company.sales2, "只读客户")
    share(read, user=company.sales1, level="read", actor=SYSTEM)
    make_customer(company.sales1, "不匹配的公司")
    tag = make_tag()
    data = {
        "transfer": {"owner": company.sales2.pk},
        "tag": {"add": [tag.pk]},
        "plan": {"date": "2030-01-07", "kind": "call", "subject": "回访"},
        "set-field": {"field": "cf_grade", "cf_grade": "iron"},
        "delete": {},
    }[verb]
    client = browser(company, "sales1")
    everything = {"all": "1", "query": "name=客户", "confirmed": "1"}
    answer = client.post(f"/customers/bulk/{verb}/", {**everything, **data})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    job = BackgroundJob.objects.get()
    assert job.params["query"] == "name=客户" and job.total == 5  # all that match: the worker's, however few
    assert (job.state, job.done, job.failed) == ("done", 4, 1)
    assert "只读客户" in client.get(f"/jobs/{job.pk}/").content.decode()
    mine = [one.pk for one in some]
    touched = {
        "transfer": Customer.objects.filter(owner=company.sales2, pk__in=mine),
        "tag": Customer.objects.filter(tags=tag),
        "plan": Customer.objects.filter(next_follow_up_at__year=2030),
        "set-field": Customer.objects.filter(custom__grade="iron"),
        "delete": Customer._base_manager.filter(deleted_at__isnull=False),
    }[verb]
    assert sorted(touched.values_list("pk", flat=True)) == mine


def test_custom_texts_sort_as_they_are_read(company):
    field("text", "rival", in_list=True)
    order = ["阿里", "abb", "ABB 中国", "埃斯顿", "汇川", "库卡", "张江", "Zoo"]
    for number, rival in enumerate(sorted(order)):
        make_customer(company.sales1, f"n{number}", custom={"rival": rival})
    make_customer(company.sales1, "n9")
    client = browser(company, "sales1")
    for sign, wanted in (("", order), ("-", order[::-1])):
        seen, query = [], f"?sort={sign}cf_rival&page_size=3"
        while query:
            context = client.get(f"/customers/{query}").context
            seen += [one.custom.get("rival") for one in context["page"].records]
            query = context["next_url"]
        assert seen == [*wanted, None]
