"""The pages of sales, one module per kind of record."""

from sales.urls import assignment, leads, opportunities, pipelines, pools, webforms

urlpatterns = [
    *assignment.urlpatterns,
    *leads.urlpatterns,
    *opportunities.urlpatterns,
    *pipelines.urlpatterns,
    *pools.urlpatterns,
    *webforms.urlpatterns,
]
