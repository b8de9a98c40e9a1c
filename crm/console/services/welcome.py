"""Remembering how far somebody new has come with the tour and their first steps."""

from django.utils import timezone

from crm.console.models import Welcome
from crm.identity.models import User

STEPS = 20  # more than any tour has


def keep_tour_step(user: User, step: int) -> None:
    """Note the step of the tour somebody looks at, so that an interrupted tour goes on there."""
    Welcome._base_manager.update_or_create(user=user, defaults={"tour_step": max(1, min(step, STEPS))})


def end_tour(user: User) -> None:
    """The tour was taken to its end or skipped: it never comes by itself again."""
    now = timezone.now()
    Welcome._base_manager.update_or_create(user=user, defaults={"tour_step": 0, "tour_ended_at": now})


def restart_tour(user: User) -> None:
    """Somebody asks for the tour once more: it begins at the first step."""
    Welcome._base_manager.update_or_create(user=user, defaults={"tour_step": 1, "tour_ended_at": None})


def hide_first_steps(user: User) -> None:
    """Take the first steps off somebody's Today for good; the tour is not offered there any longer either."""
    now = timezone.now()
    Welcome._base_manager.update_or_create(user=user, defaults={"steps_hidden_at": now})
