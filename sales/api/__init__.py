"""REST of sales, one module per kind of record."""

from sales.api import leads

ROUTES = [*leads.ROUTES]
