"""REST of sales, one module per kind of record."""

from sales.api import leads, opportunities

ROUTES = [*leads.ROUTES, *opportunities.ROUTES]
