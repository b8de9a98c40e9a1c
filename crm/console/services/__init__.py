"""What the console itself writes; people, teams and roles are written by `crm.identity.services`."""

from crm.console.services.recent import remember_opened, star
from crm.console.services.reset_link import send_reset_link
from crm.console.services.second_factor import reset_second_factor, second_factors

__all__ = ["remember_opened", "reset_second_factor", "second_factors", "send_reset_link", "star"]
