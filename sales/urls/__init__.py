"""The pages of sales, one module per kind of record."""

from sales.urls import leads, opportunities, pipelines, webforms

urlpatterns = [
    *leads.urlpatterns,
    *opportunities.urlpatterns,
    *pipelines.urlpatterns,
    *webforms.urlpatterns,
]
