"""Reminders that were given up, on the administrators' page of the system."""

from accounts.models import Reminder
from accounts.services import reminders
from crm.console.given_up import FAILURES_SHOWN, KINDS, Failure, GivenUp
from crm.events.tasks import wake


def failed() -> list[Failure]:
    """The reminders nobody will get any more unless somebody decides so, newest first."""
    rows = Reminder._base_manager.filter(state=Reminder.State.FAILED).select_related("user")
    return [
        Failure(
            "reminder",
            row.pk,
            f"{row._meta.verbose_name} · {row.user} · {row.get_kind_display()}",
            row.error,
            row.remind_at,
        )
        for row in rows.order_by("-remind_at", "-pk")[:FAILURES_SHOWN]
    ]


def _wake(_pk: int) -> None:
    from accounts.tasks import send_due_reminders

    wake(send_due_reminders)


def register() -> None:
    """Declare reminders among the work that can be given up."""
    KINDS["reminder"] = GivenUp(Reminder, failed, reminders.try_again, _wake)
