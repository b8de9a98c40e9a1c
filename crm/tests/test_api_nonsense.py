"""Every operation of the OpenAPI schema is sent nonsense in every parameter and field it declares: no answer breaks.

`CRM_NONSENSE=all` sends all of it; every run of the tests sends what breaks programs most often.
"""

import json
import os
import re
from functools import cache
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from crm.tests.matrix import NEVER_USED, Door, savepoint
from crm.tests.world import World

pytestmark = pytest.mark.django_db
ALL = os.environ.get("CRM_NONSENSE") == "all"
NONSENSE: list[Any] = [
    None,
    "",
    "\x00",
    "😀" * 300,
    -1,
    10**30,
    1.5,
    True,
    [],
    [[["x"]]],
    {"a": {"b": []}},
    "2026-13-45T99:99",
    "' OR 1=1 --",
]
IN_QUERIES = ["", "\x00", "😀" * 300, "-1", "9" * 40, "a,b,,", "' OR 1=1 --", "2026-13-45", "[]", "null"]
if not ALL:
    NONSENSE = ["\x00", 10**30, {"a": {"b": []}}]
    IN_QUERIES = ["\x00", "9" * 40]
RECORDS = {
    "users": "user",
    "teams": "team",
    "roles": "role",
    "tags": "tag",
    "events": "event",
    "custom-fields": "field",
    "record-sections": "section",
    "imports": "import",
    "exports": "export",
    "import-templates": "mapping",
    "suppressions": "suppression",
    "customers": "customer",
    "contacts": "contact",
    "activities": "activity",
}


@pytest.fixture(scope="module")
def door(made_world: World) -> Door:
    return Door(made_world)


@cache
def schema() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def resources() -> list[str]:
    return sorted({path.split("/")[3] for path in schema()["paths"]})


def fields_of(body: dict[str, Any]) -> list[str]:
    """The fields a body may have."""
    for content in body.get("content", {}).values():
        found = content.get("schema", {})
        if "$ref" in found:
            found = schema()["components"]["schemas"][found["$ref"].rpartition("/")[2]]
        return list(found.get("properties", {}))
    return []


@pytest.mark.parametrize("resource", resources())
def test_no_answer_breaks(resource: str, door: Door):
    record = door.world.records.get(RECORDS.get(resource, ""), {}).get("own")
    person = "sales1" if resource in ("imports", "exports", "import-templates") else "admin"
    client, broken = door.clients[person], []

    def ask(method: str, path: str, body: Any = None) -> None:
        with savepoint():
            sent = json.dumps(body) if body is not None else ""
            answer = client.generic(method.upper(), path, sent, "application/json", headers={"If-Match": "*"})
            if answer.status_code >= 500:
                broken.append(f"{method} {path} {sent[:120]}: {answer.status_code}")

    for path, operations in schema()["paths"].items():
        if path.split("/")[3] != resource:
            continue
        address = re.sub(r"{\w+}", str(record.pk if record else NEVER_USED), path)
        for method, operation in operations.items():
            if method == "get":
                for parameter in operation.get("parameters", []):
                    if parameter["in"] == "query":
                        for value in IN_QUERIES:
                            with savepoint():
                                if client.get(address, {parameter["name"]: value}).status_code >= 500:
                                    broken.append(f"get {address}?{parameter['name']}={value[:40]!r}")
                continue
            fields = fields_of(operation.get("requestBody", {}))
            for value in NONSENSE:
                ask(method, address, value)
                if fields:
                    ask(method, address, dict.fromkeys(fields, value))
    assert not broken, "\n" + "\n".join(broken)
