"""After a change of the secret key: what an earlier one sealed or hashed is made anew with the present one."""

from django.db import transaction

from crm.automation.models import GroupRobot, OutgoingEmail, Suppression
from crm.automation.queries.suppressions import hashes_of
from crm.automation.services.robots import PURPOSE
from crm.core.sealing import CannotOpen, reseal


@transaction.atomic
def reseal_robots() -> tuple[int, int]:
    """Seal addresses and secrets of group robots with the present key; returns how many, and how many no key opens.

    Nothing anybody sees changes, hence neither a version nor an event.
    """
    done = closed = 0
    for robot in GroupRobot._base_manager.select_for_update():
        try:
            robot.sealed_address = reseal(robot.sealed_address, PURPOSE)
            robot.sealed_secret = reseal(robot.sealed_secret, PURPOSE)
        except CannotOpen:
            closed += 1
            continue
        robot.save(update_fields=["sealed_address", "sealed_secret"])
        done += 1
    return done, closed


@transaction.atomic
def rehash_suppressions() -> tuple[int, int]:
    """Keep refused addresses by the present key's hash; returns how many, and how many only an earlier key may know.

    A hash cannot be turned back: only the address of a mail we once sent, which is where refusals come from, gives the new one.
    """
    present: dict[str, str] = {}
    for address in OutgoingEmail._base_manager.order_by().values_list("to", flat=True).distinct().iterator():
        newest, *_earlier = known = hashes_of(address)
        present |= dict.fromkeys(known, newest)
    rows = list(Suppression._base_manager.select_for_update())
    found = [row for row in rows if row.address_hash in present]
    for row in found:
        row.address_hash = present[row.address_hash]
    Suppression._base_manager.bulk_update(found, ["address_hash"], batch_size=1000)
    return len(found), len(rows) - len(found)
