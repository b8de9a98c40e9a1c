"""REST of sales, one module per kind of record."""

from sales.api import leads, opportunities, pipelines

ROUTES = [*leads.ROUTES, *opportunities.ROUTES, *pipelines.ROUTES]
