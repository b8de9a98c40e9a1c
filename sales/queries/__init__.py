"""What is read of sales; whose rows they are is decided by `crm.identity.access`."""
