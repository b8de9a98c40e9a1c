"""The routes of reports."""

from django.urls import path

from reports.listings import QUOTAS
from reports.views import board, dashboard, forecast, quotas, reports

urlpatterns = [
    path("opportunities/board/target/", board.board_target, name="board_target"),
    path("opportunities/forecast/", forecast.forecast, name="forecast"),
    path("opportunities/forecast/call/", forecast.forecast_call, name="forecast_call"),
    path("dashboards/", dashboard.dashboard, name="dashboard"),
    path("reports/", reports.report_list, name="report_list"),
    path("reports/targets/enter/", quotas.quota_enter, name="quota_enter"),
    *QUOTAS.urls("reports/targets"),
    path("reports/<slug:slug>/", reports.report_detail, name="report_detail"),
]
