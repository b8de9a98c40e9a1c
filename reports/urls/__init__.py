"""The routes of reports."""

from django.urls import path

from reports.views import reports

urlpatterns = [
    path("reports/", reports.report_list, name="report_list"),
    path("reports/<slug:slug>/", reports.report_detail, name="report_detail"),
]
