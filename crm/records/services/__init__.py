"""Every write to reference data, tags, calendars and files."""

from crm.records.services.calendars import (
    import_days,
    read_days,
    remove_day,
    report_missing_years,
    set_day,
    set_weekdays,
)
from crm.records.services.files import (
    delete_file,
    delete_unattached,
    discard_upload,
    download,
    preview,
    store_made,
    store_upload,
    store_uploads,
)
from crm.records.services.rates import set_rate
from crm.records.services.record_files import (
    attach_files,
    purge_file,
    purge_removed,
    remove_file,
    restore_file,
)
from crm.records.services.revealing import MANY, reveal, revealed_lately
from crm.records.services.tags import create_tag, delete_tag, update_tag

__all__ = [
    "MANY",
    "attach_files",
    "create_tag",
    "delete_file",
    "delete_tag",
    "delete_unattached",
    "discard_upload",
    "download",
    "import_days",
    "preview",
    "purge_file",
    "purge_removed",
    "read_days",
    "remove_day",
    "remove_file",
    "report_missing_years",
    "restore_file",
    "reveal",
    "revealed_lately",
    "set_day",
    "set_rate",
    "set_weekdays",
    "store_made",
    "store_upload",
    "store_uploads",
    "update_tag",
]
