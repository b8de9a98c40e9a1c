"""What the console itself writes; people, teams and roles are written by `crm.identity.services`."""

from crm.console.services.recent import remember_opened, star
from crm.console.services.reset_link import send_reset_link
from crm.console.services.second_factor import (
    reseal_second_factors,
    reset_second_factor,
    second_factors,
)
from crm.console.services.welcome import end_tour, hide_first_steps, keep_tour_step, restart_tour

__all__ = [
    "end_tour",
    "hide_first_steps",
    "keep_tour_step",
    "remember_opened",
    "reseal_second_factors",
    "reset_second_factor",
    "restart_tour",
    "second_factors",
    "send_reset_link",
    "star",
]
