"""Everything reports write: targets, forecast calls, snapshots, learned odds."""

from reports.services.calls import call_forecast
from reports.services.learning import learn
from reports.services.quotas import delete_quota, enter_quotas, set_quota
from reports.services.snapshots import forget_snapshots, take_snapshot

__all__ = [
    "call_forecast",
    "delete_quota",
    "enter_quotas",
    "forget_snapshots",
    "learn",
    "set_quota",
    "take_snapshot",
]
