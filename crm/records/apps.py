from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    """What every record may carry: tags, files, saved views, jobs, calendars, reference data."""

    name = "crm.records"
    label = "records"
    verbose_name = _("Reference data and files")
