"""The pages of sales, one module per kind of record."""

from sales.urls import (
    assignment,
    cadences,
    invoices,
    leads,
    opportunities,
    orders,
    payments,
    pipelines,
    pools,
    products,
    public_quotes,
    quotes,
    sales_settings,
    webforms,
)

urlpatterns = [
    *assignment.urlpatterns,
    *cadences.urlpatterns,
    *invoices.urlpatterns,
    *leads.urlpatterns,
    *opportunities.urlpatterns,
    *orders.urlpatterns,
    *pipelines.urlpatterns,
    *pools.urlpatterns,
    *payments.urlpatterns,
    *products.urlpatterns,
    *public_quotes.urlpatterns,
    *quotes.urlpatterns,
    *sales_settings.urlpatterns,
    *webforms.urlpatterns,
]
