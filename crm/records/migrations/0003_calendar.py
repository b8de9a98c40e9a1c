"""The company calendar: Monday to Friday 9–12 and 13–18, and the official days of 2026."""

import csv
from datetime import date, timedelta
from pathlib import Path

from django.db import migrations

DATA = Path(__file__).parent.parent / "data"
HOURS = "09:00-12:00, 13:00-18:00"


def create_calendars(apps, schema_editor):
    calendar_model = apps.get_model("records", "BusinessCalendar")
    weekday_model = apps.get_model("records", "CalendarWeekday")
    day_model = apps.get_model("records", "CalendarDay")
    company, created = calendar_model.objects.get_or_create(
        slug="company", defaults={"name": "公司工作日历", "name_en": "Company calendar", "is_default": True}
    )
    if not created:
        return
    weekday_model.objects.bulk_create(
        [weekday_model(calendar=company, weekday=n, hours=HOURS) for n in range(5)]
    )
    days = []
    with (DATA / "days_2026.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["from"])
            while day <= date.fromisoformat(row["to"]):
                days.append(
                    day_model(
                        calendar=company,
                        date=day,
                        kind=row["kind"],
                        name=row["name"],
                        name_en=row["name_en"],
                        hours=row["hours"],
                    )
                )
                day += timedelta(days=1)
    day_model.objects.bulk_create(days)


class Migration(migrations.Migration):
    dependencies = [("records", "0002_regions_industries")]
    operations = [migrations.RunPython(create_calendars, migrations.RunPython.noop)]
