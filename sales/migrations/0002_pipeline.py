"""The pipeline a company begins with; administrators change it, its stages and what they ask for."""

from django.db import migrations

STAGES = [
    # name, English name, kind, probability, forecast, what is needed to go on, rots after days
    ("初步接触", "Qualify", "open", 10, "pipeline", ["need", "contact", "source"], 10),
    ("需求确认", "Discovery", "open", 30, "pipeline", ["amount", "expected_close_date"], 14),
    ("方案报价", "Proposal", "open", 50, "best_case", ["competitor"], 14),
    ("商务谈判", "Negotiation", "open", 80, "commit", [], 10),
    ("赢单", "Won", "won", 100, "closed", [], None),
    ("输单", "Lost", "lost", 0, "omitted", [], None),
]


def make(apps, schema_editor):
    pipelines = apps.get_model("sales", "Pipeline").objects
    if pipelines.exists():
        return
    pipeline = pipelines.create(name="销售流程", name_en="Sales", position=1, is_default=True)
    stages = apps.get_model("sales", "Stage").objects
    for position, (name, name_en, kind, probability, category, asks, rots) in enumerate(STAGES, 1):
        stages.create(
            pipeline=pipeline,
            position=position,
            name=name,
            name_en=name_en,
            kind=kind,
            probability=probability,
            forecast_category=category,
            asks=asks,
            rot_days=rots,
        )


class Migration(migrations.Migration):
    dependencies = [("sales", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
