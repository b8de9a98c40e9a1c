"""Regions (GB/T 2260) and industries (after GB/T 4754), set-based: about 3,300 rows in a few statements."""

import csv
from pathlib import Path

from django.db import migrations

from crm.core.pinyin import sort_key
from crm.records.rules.region_names import LEVELS, region_rows

DATA = Path(__file__).parent.parent / "data"


def create_regions(apps, schema_editor):
    region = apps.get_model("records", "Region")
    rows = list(region_rows())
    for level in LEVELS:  # parents first
        region.objects.bulk_create(
            [
                region(
                    code=row.code,
                    name=row.name,
                    name_en=row.name_en,
                    full_name=row.full_name,
                    full_name_en=row.full_name_en,
                    name_sort=row.name_sort,
                    level=row.level,
                    parent_id=row.parent or None,
                )
                for row in rows
                if row.level == level
            ],
            ignore_conflicts=True,
        )


def create_industries(apps, schema_editor):
    industry = apps.get_model("records", "Industry")
    with (DATA / "industries.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for is_section in (True, False):
        industry.objects.bulk_create(
            [
                industry(
                    code=row["code"],
                    name=row["name"],
                    name_en=row["name_en"],
                    aliases=row["aliases"],
                    name_sort=sort_key(row["name"]),
                    parent_id=None if is_section else row["code"][0],
                )
                for row in rows
                if (len(row["code"]) == 1) is is_section
            ],
            ignore_conflicts=True,
        )


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [
        migrations.RunPython(create_regions, migrations.RunPython.noop),
        migrations.RunPython(create_industries, migrations.RunPython.noop),
    ]
