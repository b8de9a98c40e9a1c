from accounts.resources.contacts import ContactResource
from accounts.resources.customers import CustomerResource

__all__ = ["ContactResource", "CustomerResource"]
