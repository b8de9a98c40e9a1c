"""REST of sales, one module per kind of record."""

from sales.api import leads, opportunities, pipelines, pools

ROUTES = [*leads.ROUTES, *opportunities.ROUTES, *pipelines.ROUTES, *pools.ROUTES]
