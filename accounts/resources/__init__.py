from accounts.resources.activities import ActivityResource
from accounts.resources.contacts import ContactResource
from accounts.resources.customers import CustomerResource

__all__ = ["ActivityResource", "ContactResource", "CustomerResource"]
