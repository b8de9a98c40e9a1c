"""Contacts as vCards: one's own alone, nothing hidden in them, nothing breaks out of a value."""

import pytest

from accounts.models import Contact, Customer
from accounts.rules.vcard import vcard
from accounts.tests.factories import make_customer
from accounts.tests.import_tools import run
from crm.events.models import Event
from crm.identity.models import FieldRight
from crm.listing.importing.parser_vcard import records

pytestmark = pytest.mark.django_db

PERSON = {"name": "沈立群", "phone": "13805762218", "email": "shen@jia.example", "title": "采购经理"}


@pytest.fixture
def mine(company):
    return make_customer(company.sales1, "甲有限公司", contact=PERSON).contacts.get()


@pytest.fixture
def theirs(company):
    return make_customer(
        company.sales3, "乙有限公司", contact={"name": "外人", "phone": "13900000000"}
    ).contacts.get()


def body(response) -> str:
    return b"".join(response.streaming_content if response.streaming else [response.content]).decode()


def test_one_contact(company, mine, client):
    client.force_login(company.sales1)
    response = client.get(f"/contacts/{mine.pk}/card.vcf")
    text = body(response)
    assert (
        response["Content-Type"].startswith("text/vcard") and "attachment" in response["Content-Disposition"]
    )
    assert text.startswith("BEGIN:VCARD\r\nVERSION:3.0\r\n") and text.endswith("END:VCARD\r\n")
    for line in ("FN:沈立群", "ORG:甲有限公司", "TITLE:采购经理", "TEL;TYPE=CELL,VOICE:+8613805762218"):
        assert f"\r\n{line}\r\n" in text
    event = Event.objects.get(name="list.exported")
    assert (event.payload["format"], event.payload["contact"]) == ("vcf", mine.pk)
    assert f"/contacts/{mine.pk}/card.vcf" in client.get(f"/contacts/{mine.pk}/").content.decode()


@pytest.mark.parametrize("address", ["/contacts/{}/card.vcf", "/api/v1/contacts/{}/card/"])
def test_a_contact_of_somebody_else_is_as_one_that_never_was(company, mine, theirs, client, address):
    client.force_login(company.sales1)
    hidden, absent = client.get(address.format(theirs.pk)), client.get(address.format(999_999))
    assert hidden.status_code == absent.status_code == 404
    assert hidden.content == absent.content
    assert not Event.objects.filter(name="list.exported").exists()


@pytest.mark.parametrize("address", ["/contacts/cards.vcf", "/api/v1/contacts/cards/"])
def test_of_chosen_contacts_only_ones_own_come(company, mine, theirs, client, address):
    client.force_login(company.sales1)
    text = body(client.get(f"{address}?ids={mine.pk}&ids={theirs.pk}"))
    assert text.count("BEGIN:VCARD") == 1 and "沈立群" in text and "外人" not in text
    text = body(client.get(address))
    assert text.count("BEGIN:VCARD") == 1 and "外人" not in text
    assert client.get(f"{address}?nonsense=1").status_code == 400


def test_the_list_leads_there_with_the_ticked_rows(company, mine, theirs, client):
    client.force_login(company.sales1)
    assert 'name="as" value="cards"' in client.get("/contacts/").content.decode()
    response = client.post(
        "/contacts/bulk/export/", {"ids": [mine.pk, theirs.pk], "as": "cards"}, follow=True
    )
    assert body(response).count("BEGIN:VCARD") == 1


def test_whose_role_exports_nothing_gets_no_card(company, mine, client):
    client.force_login(company.service1)
    for address in (
        f"/contacts/{mine.pk}/card.vcf",
        f"/contacts/cards.vcf?ids={mine.pk}",
        "/api/v1/contacts/cards/",
    ):
        assert client.get(address).status_code in (403, 404), address
    assert not Event.objects.filter(name="list.exported").exists()


def test_more_than_the_cap_of_the_role_is_refused(company, mine, client):
    role = company.sales1.role
    role.export_cap = 0
    role.save()
    client.force_login(company.sales1)
    assert client.get("/contacts/cards.vcf").status_code == 403
    assert Event.objects.filter(name="list.export_refused").exists()


@pytest.mark.parametrize("level", ["masked", "hidden"])
def test_what_is_not_seen_whole_stays_out(company, mine, client, level):
    FieldRight.objects.create(role=company.sales1.role, model="accounts.contact", field="phone", level=level)
    client.force_login(company.sales1)
    for address in (f"/contacts/{mine.pk}/card.vcf", f"/contacts/cards.vcf?ids={mine.pk}"):
        text = body(client.get(address))
        assert "TEL" not in text and "shen@jia.example" in text
        assert PERSON["phone"] not in text and "138****" not in text


@pytest.mark.parametrize(
    "text",
    [
        "张三\r\nTEL:110",
        "张三\nEND:VCARD\nBEGIN:VCARD\nFN:别人",
        "a;b,c\\d",
        "\u2028NOTE:x",
        "x\x0bURL:http://evil.example",
        "字" * 300,
    ],
)
def test_no_value_breaks_out_of_its_line(tmp_path, text):
    card = vcard({"name": text, "company": text, "note": text, "phone": text})
    lines = card.split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines) and "\n" not in "".join(lines)
    heads = [line.split(":")[0].split(";")[0] for line in lines if line and not line.startswith(" ")]
    assert heads == ["BEGIN", "VERSION", "N", "FN", "ORG", "TEL", "NOTE", "END"]
    file = tmp_path / "card.vcf"
    file.write_bytes(card.encode())
    rows = list(records(str(file), "utf-8"))
    assert len(rows) == 2
    assert rows[1][1][0].replace("\n", "").replace(" ", "") == "".join(
        sign for sign in text.replace("\u2028", "") if sign.isprintable() and sign != " "
    )


def test_out_and_in_again_changes_nothing(company, mine, client):
    client.force_login(company.sales1)
    text = body(client.get(f"/contacts/{mine.pk}/card.vcf"))
    from accounts.tests.test_import_cards import cards

    job = run(company.sales1, cards(text))
    assert job.outcome["unchanged"] == 1
    assert (Customer.objects.count(), Contact.objects.count()) == (1, 1)
