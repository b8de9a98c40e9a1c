"""REST of the platform's own records, one module per kind."""

from crm.console.api import (
    account,
    approval_flows,
    approvals,
    events,
    exports,
    fields,
    files,
    import_templates,
    imports,
    people,
    tags,
)

ROUTES = [
    *people.ROUTES,
    *tags.ROUTES,
    *events.ROUTES,
    *account.ROUTES,
    *approvals.ROUTES,
    *approval_flows.ROUTES,
    *fields.ROUTES,
    *imports.ROUTES,
    *exports.ROUTES,
    *import_templates.ROUTES,
]

# Addresses that a router cannot make, such as those of files.
URLS = [*files.URLS, *imports.URLS]
