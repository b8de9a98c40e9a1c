"""REST of reports."""

from reports.api.reports import ReportViewSet

ROUTES = [("reports", ReportViewSet)]
