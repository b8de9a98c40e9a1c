"""The tax rates of the VAT law of 2026, the numbering and the letterhead a company begins with; administrators change them."""

from decimal import Decimal

from django.db import migrations

RATES = [
    # name, English name, rate
    ("13% 货物、租赁", "13 % goods and leasing", "0.13"),
    ("9% 运输、不动产、基础电信", "9 % transport, property, basic telecom", "0.09"),
    ("6% 服务、无形资产", "6 % services and intangibles", "0.06"),
    ("0% 出口", "0 % export", "0"),
    ("3% 简易计税", "3 % simplified levy", "0.03"),
]
NUMBERS = [("quote", "QT-{YYYY}-{0000}"), ("order", "DD-{YYYY}-{0000}"), ("contract", "HT-{YYYY}-{0000}")]


def make(apps, schema_editor):
    rates = apps.get_model("sales", "TaxRate").objects
    for position, (name, name_en, rate) in enumerate(RATES, 1):
        rates.create(
            name=name,
            name_en=name_en,
            rate=Decimal(rate),
            is_default=rate == "0.13",
            position=position,
        )
    rules = apps.get_model("sales", "NumberRule").objects
    for kind, pattern in NUMBERS:
        rules.create(kind=kind, pattern=pattern, restart="year", gapless=kind == "contract")
    apps.get_model("sales", "Letterhead").objects.create(pk=1)


class Migration(migrations.Migration):
    replaces = [("sales", "0005_rates_and_numbers")]
    dependencies = [("sales", "0002_pipeline")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
