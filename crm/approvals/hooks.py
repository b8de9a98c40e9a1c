"""What approvals contribute downwards: the lock on what waits, and who follows whoever leaves."""

from crm.core.hooks import hooks
from crm.core.writes import guard_writes
from crm.events.models import Event


def _left(event: Event) -> None:
    from crm.approvals.services.watching import follow, watch

    follow(event.subject_id)
    watch()


def register() -> None:
    """Called once Django has read all models."""
    from crm.approvals import events  # noqa: F401 - importing declares
    from crm.approvals.services.locking import check_unlocked

    guard_writes(check_unlocked)
    hooks.add_consumer("approvals-left", {"user.deactivated"}, _left)
