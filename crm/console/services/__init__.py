"""What the console itself writes; people, teams and roles are written by `crm.identity.services`."""

from crm.console.services.recent import remember_opened

__all__ = ["remember_opened"]
