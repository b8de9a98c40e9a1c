"""Helpers for the tests of custom fields: a field, a browser, the API."""

import json

from django.test import Client

from crm.identity.services import create_token
from crm.identity.tests.factories import SYSTEM, Company
from crm.records.models import CustomField
from crm.records.services.custom_fields import create_field

CUSTOMER = "accounts.customer"
OPTIONS = [
    {"key": "gold", "label_zh": "金牌", "label_en": "Gold", "colour": "amber"},
    {"key": "iron", "label_zh": "铁牌"},
]


def field(kind: str = "text", key: str = "note", **values) -> CustomField:
    """A custom field of customers."""
    named = {"model": CUSTOMER, "label_zh": f"字段{key}", "label_en": f"Field {key}", **values}
    return create_field(kind=kind, key=key, actor=SYSTEM, **named)


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
