from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0010_cover"),
    ]

    operations = [
        migrations.AddField(
            model_name="company",
            name="asks_export_reason",
            field=models.BooleanField(
                default=False,
                help_text="Long lists ask in any case. The reason stands in the file and in the audit log.",
                verbose_name="ask for a reason with every export",
            ),
        ),
    ]
