"""Hours in which somebody wants to be left alone. Pure: the clock is an argument."""

import datetime


def quiet_until(
    now: datetime.datetime,
    begin: datetime.time | None,
    end: datetime.time | None,
    zone: datetime.tzinfo,
) -> datetime.datetime:
    """The moment from which one may write: now, or the end of the quiet hours now lies in.

    They may go over midnight; without both ends, or with equal ones, there are none.
    """
    if begin is None or end is None or begin == end:
        return now
    local = now.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    over_midnight = begin > end
    inside = (clock >= begin or clock < end) if over_midnight else begin <= clock < end
    if not inside:
        return now
    day = local.date() + datetime.timedelta(days=1 if over_midnight and clock >= begin else 0)
    return datetime.datetime.combine(day, end, zone)
