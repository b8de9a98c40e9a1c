from django.db import migrations
from django.utils import timezone


def want_pictures(apps, schema_editor):
    """The photos of phones that came before there was a decoder for them get their small pictures now."""
    apps.get_model("records", "StoredFile").objects.filter(
        content_type="image/heic", purpose="attachment", preview_state=""
    ).update(preview_state="wanted", preview_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("records", "0020_approved_exports")]

    operations = [migrations.RunPython(want_pictures, migrations.RunPython.noop)]
