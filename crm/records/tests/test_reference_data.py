import csv

import pytest
from django.db import connection, models
from django.utils import translation

from crm.core.writes import RuleBroken
from crm.events.models import Event
from crm.identity.access import visible
from crm.identity.tests.factories import SYSTEM
from crm.records import queries, searchable, services
from crm.records.models import Industry, Region, Tag

pytestmark = pytest.mark.django_db


def test_regions_have_three_levels_and_both_names():
    assert Region.objects.filter(level="province").count() == 34
    district = Region.objects.get(code="330110")
    assert district.parent.parent.name == "浙江省"
    with translation.override("zh-hans"):
        assert (str(district), district.full_label) == ("余杭区", "浙江省杭州市余杭区")
    with translation.override("en"):
        assert (str(district), district.full_label) == (
            "Yuhang District",
            "Yuhang District, Hangzhou, Zhejiang",
        )


def test_every_real_province_and_nearly_every_real_city_is_known(test_data):
    folder = test_data / "cn_regions"
    if not folder.is_dir():
        pytest.skip("cn_regions is not there")
    codes = set(Region.objects.values_list("code", flat=True))
    with (folder / "provinces.csv").open(encoding="utf-8") as file:
        assert {f"{row['code']}0000" for row in csv.DictReader(file)} <= codes
    with (folder / "areas.csv").open(encoding="utf-8") as file:
        real = {row["code"] for row in csv.DictReader(file)}
    assert len(real - codes) < 0.06 * len(real)  # development zones have no GB/T 2260 code of their own


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("330110", "330110"),
        ("33", "330000"),
        ("杭州", "330100"),
        ("杭州市", "330100"),
        ("浙江省/杭州市", "330100"),
        ("浙江 杭州", "330100"),
        ("浙江省杭州市余杭区", "330110"),
        ("hangzhou", "330100"),
        ("吉林", "220000"),
        ("吉林市", "220200"),
        ("朝阳区", ""),
        ("北京市朝阳区", "110105"),
        ("Atlantis", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_regions_are_found_by_any_of_their_names(text, code):
    assert queries.region_finder().code(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("I65", "I65"),
        ("软件", "I65"),
        ("Software and IT services", "I65"),
        ("RETAIL", "F52"),
        ("教育", "P"),
        ("?", ""),
    ],
)
def test_industries_are_found_by_name_and_alias(text, code):
    assert queries.industry_finder().code(text) == code


def test_industries_have_sections_and_classes():
    assert Industry.objects.filter(parent=None).count() == 20
    assert Industry.objects.exclude(parent=None).count() == 84
    assert not Industry.objects.filter(name_en="").exists()


def test_a_province_contains_its_cities():
    found = Region.objects.filter(queries.within("parent", Region.objects.get(code="330000")))
    assert set(found.values_list("level", flat=True)) == {"city", "district"}
    assert all(code.startswith("33") for code in found.values_list("code", flat=True))


def test_everybody_reads_reference_data(company):
    for user in (company.sales1, company.finance1, company.admin):
        assert visible(Region, user).exists()
        assert visible(Industry, user).exists()


def test_tags_are_unique_without_regard_to_case():
    tag = services.create_tag(" VIP  客户 ", actor=SYSTEM)
    assert tag.name == "VIP 客户"
    with pytest.raises(RuleBroken):
        services.create_tag("vip 客户", actor=SYSTEM)
    with pytest.raises(RuleBroken):
        services.create_tag("  ", actor=SYSTEM)
    services.update_tag(tag, actor=SYSTEM, name="重点", colour="red", group="  行业 ")
    assert Tag.objects.get().group == "行业"
    other = services.create_tag("普通", actor=SYSTEM)
    with pytest.raises(RuleBroken, match="name already"):
        services.update_tag(other, actor=SYSTEM, name="重点")
    other.delete()
    assert Event._base_manager.get(name="tag.updated").changes["name"] == ["VIP 客户", "重点"]
    services.delete_tag(tag, actor=SYSTEM)
    assert not Tag.objects.exists()


class Company(searchable.Searchable):
    name = models.CharField(max_length=100)
    phone = models.CharField(max_length=40)

    class Meta:
        app_label = "records_tests"
        managed = False

    def search_values(self):
        return [self.name, self.phone]

    def __str__(self):
        return self.name


@pytest.fixture
def companies():
    with connection.schema_editor() as editor:
        editor.create_model(Company)
    for name, phone in [
        ("深圳市星河智能科技有限公司", "13805762218"),
        ("Acme 100% Trading", "075526001234"),
        ("星光", ""),
    ]:
        company = Company(name=name, phone=phone)
        company.fill_search()
        company.save()
    return Company.objects.order_by("pk")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("星河", [1]),
        ("智能 深圳", [1]),
        ("138-0576", [1]),
        ("2600", [2]),
        ("acme", [2]),
        ("100% tr", [2]),
        ("星", [3]),
        ("深 13", [1]),
        ("5", []),
        ("%", []),
        ("", [1, 2, 3]),
        ("月亮", []),
    ],
)
def test_search(companies, query, found):
    rows = list(companies)
    assert list(searchable.search(companies, query)) == [rows[n - 1] for n in found]


def test_search_columns_can_be_renewed(companies):
    Company.objects.filter(name="星光").update(name="月光")
    assert searchable.refill(Company.objects.all()) == 3
    assert searchable.search(companies, "月光").exists()
