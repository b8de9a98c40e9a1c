"""Mappings remembered from the last import and kept as templates."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.tests.import_tools import check, run, xlsx
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.listing.importing import templates
from crm.records.models import ImportTemplate

pytestmark = pytest.mark.django_db

HEADER = ["公司", "代号", "谁"]
MAPPING = {"公司": "name", "代号": "external_id", "谁": "contact_name"}


def api(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_a_file_with_the_same_columns_is_assigned_as_last_time(company):
    run(company.sales1, xlsx(HEADER, ["甲有限公司", "A1", "张三"]), mapping=MAPPING)
    job = check(company.sales1, xlsx(HEADER, ["乙有限公司", "A2", "李四"]))
    assert job.mapping == MAPPING
    other = check(company.sales3, xlsx(HEADER, ["丙有限公司", "A3", "王五"]))
    assert other.mapping != MAPPING


def test_another_file_takes_what_it_has_in_common_with_one_click(company, client):
    run(company.sales1, xlsx(HEADER, ["甲有限公司", "A1", "张三"]), mapping=MAPPING)
    job = check(company.sales1, xlsx([*HEADER, "地址"], ["乙有限公司", "A2", "李四", "文三路"]))
    assert "谁" not in job.mapping
    client.force_login(company.sales1)
    assert client.post(f"/imports/{job.pk}/template/", {"template": "last"}).status_code == 302
    job.refresh_from_db()
    assert job.mapping == {**MAPPING, "地址": "address"}


def test_a_shared_template_helps_a_colleague_a_private_one_does_not(company, client):
    first = check(
        company.sales1, xlsx(HEADER, ["甲有限公司", "A1", "张三"]), mapping=MAPPING, key="external_id"
    )
    client.force_login(company.sales1)
    client.post(f"/imports/{first.pk}/template/save/", {"name": "我的表"})
    client.post(f"/imports/{first.pk}/template/save/", {"name": "展会名单", "shared": "on"})
    mine, shared = ImportTemplate.objects.get(name="我的表"), ImportTemplate.objects.get(name="展会名单")
    assert (shared.mapping, shared.key, shared.is_shared, mine.is_shared) == (
        MAPPING,
        "external_id",
        True,
        False,
    )

    job = check(company.sales3, xlsx(HEADER, ["乙有限公司", "A2", "李四"]))
    client = Client()
    client.force_login(company.sales3)
    page = client.get(f"/imports/{job.pk}/").content.decode()
    assert "展会名单" in page and "我的表" not in page
    assert client.post(f"/imports/{job.pk}/template/", {"template": mine.pk}).status_code == 404
    client.post(f"/imports/{job.pk}/template/", {"template": shared.pk})
    job.refresh_from_db()
    assert (job.mapping, job.key) == (MAPPING, "external_id")
    assert client.post(f"/imports/mappings/{shared.pk}/delete/").status_code == 404


def test_the_same_name_replaces_ones_own(company):
    actor = Actor.of(company.sales1)
    for mapping in (MAPPING, {"公司": "name"}):
        templates.save_template(
            company.sales1, resource="customers", name=" 我的表 ", mapping=mapping, actor=actor
        )
    assert [t.mapping for t in ImportTemplate.objects.all()] == [{"公司": "name"}]
    with pytest.raises(RuleBroken):
        templates.save_template(company.sales1, resource="customers", name=" ", mapping=MAPPING, actor=actor)
    with pytest.raises(RuleBroken):
        templates.save_template(
            company.sales1, resource="customers", name="x", mapping={"公司": "nothing"}, actor=actor
        )


def test_templates_by_rest(company):
    client = api(company.sales1)
    body = {"resource": "customers", "name": "接口", "mapping": MAPPING, "is_shared": True}
    made = client.post("/api/v1/import-templates/", body, format="json")
    assert made.status_code == 201, made.json()
    pk = made.json()["id"]
    seen = api(company.sales3).get("/api/v1/import-templates/").json()["results"]
    assert [(t["name"], t["is_own"]) for t in seen] == [("接口", False)]
    answer = api(company.sales3).post(
        "/api/v1/imports/",
        {
            "file": xlsx(HEADER, ["甲有限公司", "A1", "张三"]),
            "resource": "customers",
            "template": pk,
            "dry_run": "true",
        },
    )
    assert answer.status_code == 202 and answer.json()["mapping"] == MAPPING
    absent = api(company.sales3).post(
        "/api/v1/imports/", {"file": xlsx(HEADER, ["甲"]), "resource": "customers", "template": 999_999}
    )
    assert absent.status_code == 400
    assert api(company.sales3).delete(f"/api/v1/import-templates/{pk}/").status_code == 404
    assert client.delete(f"/api/v1/import-templates/{pk}/").status_code == 204
