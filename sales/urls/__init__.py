"""The pages of sales, one module per kind of record."""

from sales.urls import leads

urlpatterns = [*leads.urlpatterns]
