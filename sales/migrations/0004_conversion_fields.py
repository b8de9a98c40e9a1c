"""Which fields of a lead its customer, contact and opportunity begin with; administrators change it."""

from django.db import migrations

FIELDS = {
    "customer": {
        "industry": "industry", "region": "region", "size": "size", "website": "website", "source": "source",
        "campaign": "source_detail",
    },
    "contact": {"title": "title", "phone": "phone", "email": "email", "wechat": "wechat"},
    "opportunity": {
        "need": "need", "budget": "amount", "expected_at": "expected_close_date", "source": "source",
        "campaign": "campaign",
    },
}  # fmt: skip


def choose(apps, schema_editor):
    rows = apps.get_model("sales", "ConversionField").objects
    for target, fields in FIELDS.items():
        for source, field in fields.items():
            rows.create(target=target, source=source, field=field)


class Migration(migrations.Migration):
    replaces = [("sales", "0008_lead_conversion_fields")]
    dependencies = [("sales", "0003_rates_and_numbers")]
    operations = [migrations.RunPython(choose, migrations.RunPython.noop)]
