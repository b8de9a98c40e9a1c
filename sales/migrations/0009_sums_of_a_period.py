"""Sums of a period read an index alone: by day, with what is summed and by what."""

from django.db import migrations, models

ALIVE = models.Q(deleted_at__isnull=True)
SUMMED = ("customer", "team", "owner", "pipeline", "currency", "amount")


class Migration(migrations.Migration):
    dependencies = [("sales", "0008_sound")]

    operations = [
        migrations.RemoveIndex("opportunity", "opportunity_closing"),
        migrations.RemoveIndex("opportunity", "opportunity_closed"),
        migrations.AddIndex(
            "opportunity",
            models.Index(
                fields=["expected_close_date", "id"],
                include=[*SUMMED, "status", "probability", "forecast_category"],
                name="opportunity_closing",
                condition=ALIVE & models.Q(status="open"),
            ),
        ),
        migrations.AddIndex(
            "opportunity",
            models.Index(
                fields=["closed_at", "status"],
                include=[*SUMMED, "id"],
                name="opportunity_closed",
                condition=ALIVE,
            ),
        ),
    ]
