"""A custom field from its definition to every place where the values of a customer are read or written."""

import csv
import io
import json

import pytest
from django.test import Client

from accounts.models import Customer
from accounts.tests.factories import make_customer
from crm.identity.services import create_token
from crm.identity.tests.factories import SYSTEM, Company, make_company
from crm.records.models import CustomField
from crm.records.services.custom_fields import create_field

pytestmark = pytest.mark.django_db
CUSTOMER = "accounts.customer"


def field(kind: str = "text", key: str = "note", **values) -> CustomField:
    """A custom field of customers."""
    return (
        create_field(model=CUSTOMER, kind=kind, key=key, label_zh="备注", label_en="Note", actor=SYSTEM)
        if not values
        else create_field(
            model=CUSTOMER,
            kind=kind,
            key=key,
            actor=SYSTEM,
            **{"label_zh": f"字段{key}", "label_en": f"Field {key}", **values},
        )
    )


@pytest.fixture
def company() -> Company:
    return make_company()


def browser(company: Company, who: str) -> Client:
    client = Client()
    client.force_login(getattr(company, who))
    return client


def api(company: Company, who: str):
    _token, secret = create_token(getattr(company, who), name="t", actor=SYSTEM)

    def call(method: str, path: str, data=None, **headers):
        return getattr(Client(), method)(
            f"/api/v1/{path}",
            *([json.dumps(data)] if data is not None else []),
            **({"content_type": "application/json"} if data is not None else {}),
            headers={"Authorization": f"Bearer {secret}", **headers},
        )

    return call


class TestOneTextField:
    """The whole way of one value."""

    def test_form_record_list_filter_sort_export_api(self, company):
        field(in_list=True)
        customer = make_customer(company.sales1, name="华星")
        make_customer(company.sales1, name="空白")
        sales = browser(company, "sales1")

        form = sales.get(f"/customers/{customer.pk}/edit/")
        assert b'name="cf_note"' in form.content
        saved = sales.post(
            f"/customers/{customer.pk}/fields/cf_note/", {"cf_note": "老客户推荐", "version": customer.version},
            headers={"HX-Request": "true"},
        )  # fmt: skip
        assert saved.status_code == 200
        assert Customer.objects.get(pk=customer.pk).custom == {"note": "老客户推荐"}
        assert "老客户推荐" in sales.get(f"/customers/{customer.pk}/").content.decode()

        listed = sales.get("/customers/?cf_note=客户&sort=cf_note")
        assert [r.pk for r in listed.context["page"].records] == [customer.pk]
        assert "老客户推荐" in listed.content.decode()
        assert [chip["text"] for chip in listed.context["chips"]] == ["客户"]
        assert sales.get("/customers/?sort=-cf_note").context["page"].records[0].pk == customer.pk

        rows = list(
            csv.reader(
                io.StringIO(
                    b"".join(browser(company, "manager1").get("/customers/?export=csv&sort=cf_note")).decode(
                        "utf-8-sig"
                    )
                )
            )
        )
        assert "Field note" in rows[0] and "老客户推荐" in rows[1]

        answer = api(company, "sales1")("get", f"customers/{customer.pk}/").json()
        assert answer["custom"] == {"note": "老客户推荐"}
