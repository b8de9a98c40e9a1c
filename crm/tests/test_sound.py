"""Search by sound: every kind that has a reading is found by pinyin and initials, through every door, by whom it may."""

import pytest
from django.http import QueryDict

from accounts.tests.factories import make_contact, make_customer
from crm.core import pinyin
from crm.core.hooks import hooks
from crm.identity import services as identity
from crm.identity.models import Role
from crm.identity.tests.factories import SYSTEM, fresh
from crm.listing.exporting import table
from crm.listing.exporting.watermark import Watermark
from crm.listing.palette import find
from crm.listing.selection import select
from crm.records.sound import SoundPairs
from sales import services as sales
from sales.tests.factories import make_lead, make_opportunity, make_order, make_product

pytestmark = pytest.mark.django_db
KINDS = ("customers", "contacts", "leads", "opportunities", "orders", "products")
NAMES = ("上海华星精密", "西安高新", "Acme 2 平安(中国)")
FOUND = {
    "huaxing": NAMES[:1],
    "huax": NAMES[:1],
    "shang": NAMES[:1],
    "sha": (),  # one syllable has to be the first,
    "shan": (),
    "gao": (),
    "hua": (),
    "xia": (),
    "xi": NAMES[1:2],
    "shangh": NAMES[:1],
    "hxj": NAMES[:1],
    "xi'an gao xin": NAMES[1:2],
    "xian": NAMES[1:2],
    "pingan": NAMES[2:],
    "ganx": (),
}


@pytest.fixture
def named(company):
    """A record of every kind for each of three names, all of one salesperson."""
    for name in NAMES:
        customer = make_customer(company.sales1, name)
        make_contact(customer, name)
        make_lead(company.sales1, name)
        make_opportunity(customer, name)
        make_order(customer, name=name)
        make_product(name)
    return company


@pytest.mark.parametrize("kind", KINDS)
def test_every_door_finds_by_sound(client, named, kind):
    user, listing = fresh(named.sales1), hooks.list_pages[kind]
    client.force_login(user)
    for text, found in FOUND.items():
        query = QueryDict(mutable=True)
        query["q"] = text
        selection = select(listing, user, query)
        api = client.get(f"/api/v1/{kind}/", {"q": text, "count": "exact"}).json()
        offered = client.get(listing.url("options"), {"q": text}).json()["results"]
        hits = {one.key: [hit.title for hit in hits] for one, hits in find(user, text)}
        doors = {
            "list": [one.name for one in client.get(listing.url(), {"q": text}).context["page"].records],
            "autocomplete": [name for one in offered for name in NAMES if name in one["text"]],
            "palette": hits.get(listing.key, []),
            "api": [one["name"] for one in api["results"]],
        }
        assert {door: sorted(names) for door, names in doors.items()} == dict.fromkeys(doors, sorted(found))
        assert selection.count() == api["count"] == len(found)
        rows = list(table.rows_of(selection, Watermark(str(user))))
        assert len(rows) == len(found) and all(any(name in row for row in rows) for name in found)


def test_the_database_takes_readings_apart_as_typed_ones_are(named):
    model = hooks.list_pages["customers"].model
    for reading, pairs in model.objects.values_list("name_sort", SoundPairs("name_sort")):
        assert pairs == [*pinyin.sound_pairs(reading), reading.rsplit(" ", 1)[-1]]


def test_colleagues_are_found_by_sound(client, company):
    identity.update_user(company.sales2, name="欧阳立群", actor=SYSTEM)
    client.force_login(company.admin)
    for text in ("ouyangli", "ou yang", "欧阳"):
        listed = client.get("/settings/users/", {"q": text}).context["page"].records
        assert [one.name for one in listed] == ["欧阳立群"]
        people = client.get("/settings/organisation/", {"q": text}).context["people"]
        assert [one.name for one in people] == ["欧阳立群"]


def test_what_is_closed_is_not_found_by_sound_or_initials(client, company):
    hidden = {("accounts.customer", "email"): "hidden", ("accounts.contact", "email"): "masked"}
    identity.save_field_rights(Role.objects.get(slug="salesperson"), hidden, actor=SYSTEM)
    customer = make_customer(company.sales1, "杭州云栖精密", email="yqsecret@zhengqi.example")
    client.force_login(fresh(company.sales1))

    def found(text):
        listed = client.get("/customers/", {"q": text}).context["page"].records
        offered = client.get("/customers/suggest/", {"name": text}).context["found"]
        assert [one.pk for one in listed] == [one.pk for one in offered]
        return bool(listed)

    assert all(map(found, ("yunqi", "hzyq", "zyqj", "hz", "云栖")))
    # The mail address begins with yq and the initials have it, the reading has "qi": no hit may tell of the former.
    assert not any(map(found, ("yq", "yqsecret", "zhengqi", "zheng")))
    client.force_login(company.manager1)
    assert client.get("/customers/", {"q": "yqsecret"}).context["page"].records == [customer]


def test_records_in_a_pool_are_found_by_sound_and_initials_of_what_is_open(client, company):
    sales.create_pool("East pool", serves=company.east, is_default=True, actor=SYSTEM)
    lead = make_lead(company.sales1, "欧阳立群", company="杭州云栖精密", email="zhengqi@example.com")
    customer = make_customer(company.sales1, "宁波甬江轴承", email="zhengqi@example.com")
    for record in (lead, customer):
        sales.return_to_pool(record, reason="unreachable", actor=SYSTEM)
    client.force_login(company.sales2)

    def found(address, text):
        return [one.pk for one in client.get(address, {"q": text}).context["page"].records]

    for text in ("ouyangliqun", "ouyang", "oylq", "hzyqjm", "杭州"):
        assert found("/leads/", text) == [lead.pk], text
    for text in ("yongjiang", "nbyj", "nb", "ningbo"):
        assert found("/customers/", text) == [customer.pk], text
    for text in ("zhengqi", "zhe", "yj"):
        assert found("/leads/", text) == found("/customers/", text) == [], text
