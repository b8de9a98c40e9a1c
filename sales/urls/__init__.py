"""The pages of sales, one module per kind of record."""

from sales.urls import leads, opportunities, webforms

urlpatterns = [*leads.urlpatterns, *opportunities.urlpatterns, *webforms.urlpatterns]
