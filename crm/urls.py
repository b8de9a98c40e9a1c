"""All routes, wired from the apps' own tables."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from crm.core.health import healthz
from crm.core.metrics import metrics

handler500 = "crm.core.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("auth/", include("crm.console.auth_urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("crm.api.urls")),
    path("", include("crm.console.urls")),
    path("", include("crm.automation.urls")),
    path("", include("crm.listing.urls")),
    path("", include("accounts.activity_urls")),
    path("", include("accounts.urls")),
    path("", include("sales.urls")),
    path("", include("reports.urls")),
]
