from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """What every record may carry: tags, files, saved views, jobs, calendars, reference data."""

    name = "crm.records"
    label = "records"
