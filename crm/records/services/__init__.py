"""Every write to reference data, tags, calendars and files."""

from crm.records.services.calendars import (
    import_days,
    read_days,
    remove_day,
    report_missing_years,
    set_day,
    set_weekdays,
)
from crm.records.services.files import delete_file, delete_unattached, download, store_made, store_upload
from crm.records.services.rates import set_rate
from crm.records.services.tags import create_tag, delete_tag, tags_named, update_tag

__all__ = [
    "create_tag",
    "delete_file",
    "delete_tag",
    "delete_unattached",
    "download",
    "import_days",
    "read_days",
    "remove_day",
    "report_missing_years",
    "set_day",
    "set_rate",
    "set_weekdays",
    "store_made",
    "store_upload",
    "tags_named",
    "update_tag",
]
