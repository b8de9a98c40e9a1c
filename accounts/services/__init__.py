"""Every write to customers and contacts: the app's public API."""

from accounts.services.contacts import (
    create_contact,
    delete_contact,
    link_contact,
    restore_contact,
    set_primary,
    unlink_contact,
    update_contact,
)
from accounts.services.customers import (
    Created,
    create_customer,
    delete_customer,
    purge_bin,
    restore_customer,
    set_first_deal,
    update_customer,
)
from accounts.services.highlights import set_highlights
from accounts.services.lifecycle import change_lifecycle
from accounts.services.ownership import transfer_customers
from accounts.services.tagging import remove_expired_tags, set_tags, tag_customers

__all__ = [
    "Created",
    "change_lifecycle",
    "create_contact",
    "create_customer",
    "delete_contact",
    "delete_customer",
    "link_contact",
    "purge_bin",
    "remove_expired_tags",
    "restore_contact",
    "restore_customer",
    "set_first_deal",
    "set_highlights",
    "set_primary",
    "set_tags",
    "tag_customers",
    "transfer_customers",
    "unlink_contact",
    "update_contact",
    "update_customer",
]
