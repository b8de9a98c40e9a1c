"""REST of customer accounts, one module per kind of record."""

from accounts.api import activities, contacts, customers

ROUTES = [*customers.ROUTES, *contacts.ROUTES, *activities.ROUTES]
