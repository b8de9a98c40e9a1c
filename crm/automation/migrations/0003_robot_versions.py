import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("automation", "0002_robots_rhythm_digest"),
    ]

    operations = [
        migrations.AddField(
            model_name="grouprobot",
            name="created_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name="grouprobot",
            name="updated_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name="grouprobot",
            name="version",
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
    ]
