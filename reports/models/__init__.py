from reports.models.call import ForecastCall
from reports.models.odds import LearnedOdds
from reports.models.quota import Metric, PeriodKind, Quota
from reports.models.snapshot import Snapshot, SnapshotDeal, SnapshotLine

__all__ = [
    "ForecastCall",
    "LearnedOdds",
    "Metric",
    "PeriodKind",
    "Quota",
    "Snapshot",
    "SnapshotDeal",
    "SnapshotLine",
]
