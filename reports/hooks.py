"""What reports contribute downwards: the reports themselves, and the list of targets for bulk jobs, import and export."""

from crm.core.hooks import hooks
from reports import declared  # noqa: F401 - importing declares
from reports.listings import QUOTAS

hooks.add_list_page("quotas", QUOTAS)
