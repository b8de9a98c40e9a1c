"""REST of reports and targets."""

from reports.api.quotas import QuotaViewSet
from reports.api.reports import ReportViewSet

ROUTES = [("reports", ReportViewSet), ("quotas", QuotaViewSet)]
