"""/api/v1/: every app's resources, the OpenAPI document and its pages. Nothing comes from another server."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from crm.api.router import files, router
from crm.api.views import api_root, unknown

urlpatterns = [
    path("", api_root, name="api-root"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    *files(),
    *router().urls,
    re_path(r"", unknown),
]
