"""The pages of sales, one module per kind of record."""

from sales.urls import leads, opportunities

urlpatterns = [*leads.urlpatterns, *opportunities.urlpatterns]
