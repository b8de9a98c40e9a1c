"""REST of sales, one module per kind of record."""

from sales.api import (
    cadences,
    invoices,
    leads,
    opportunities,
    orders,
    payments,
    pipelines,
    pools,
    products,
    quotes,
    webforms,
)

ROUTES = [
    *cadences.ROUTES,
    *leads.ROUTES,
    *opportunities.ROUTES,
    *pipelines.ROUTES,
    *pools.ROUTES,
    *products.ROUTES,
    *quotes.ROUTES,
    *orders.ROUTES,
    *payments.ROUTES,
    *invoices.ROUTES,
    *webforms.ROUTES,
]
