from crm.records.models.calendar import BusinessCalendar, CalendarDay, CalendarWeekday
from crm.records.models.custom_field import CustomField, CustomFields, RecordSection
from crm.records.models.exchange_rate import ExchangeRate
from crm.records.models.export_job import ExportJob
from crm.records.models.idempotency import IdempotencyKey
from crm.records.models.import_job import ImportJob, ImportRow
from crm.records.models.import_template import ImportTemplate
from crm.records.models.industry import Industry
from crm.records.models.job import BackgroundJob
from crm.records.models.named import NamedInBothLanguages
from crm.records.models.record_file import RecordFile
from crm.records.models.region import Region
from crm.records.models.saved_view import SavedView
from crm.records.models.stored_file import StoredFile
from crm.records.models.tag import Tag
from crm.records.models.task_run import TaskRun
from crm.records.searchable import Searchable, search

__all__ = [
    "BackgroundJob",
    "BusinessCalendar",
    "CalendarDay",
    "CalendarWeekday",
    "CustomField",
    "CustomFields",
    "ExchangeRate",
    "ExportJob",
    "IdempotencyKey",
    "ImportJob",
    "ImportRow",
    "ImportTemplate",
    "Industry",
    "NamedInBothLanguages",
    "RecordFile",
    "RecordSection",
    "Region",
    "SavedView",
    "Searchable",
    "StoredFile",
    "Tag",
    "TaskRun",
    "search",
]
