from accounts.resources.customers import CustomerResource

__all__ = ["CustomerResource"]
