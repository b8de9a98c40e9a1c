"""What the score of leads adds up today."""

from dataclasses import dataclass

from sales.models import LeadScoring
from sales.rules.leads import Target
from sales.rules.scoring import BEHAVIOUR, FIT, HALF_LIFE_DAYS, NEGATIVE, Points


@dataclass(frozen=True)
class Scoring:
    """Whom the company sells to, and the points of each fact and of what leads do."""

    target: Target
    points: Points


def lead_scoring() -> LeadScoring:
    """The company's own setting, or the defaults while nobody has set anything."""
    return LeadScoring.objects.filter(pk=1).first() or LeadScoring(pk=1, half_life_days=HALF_LIFE_DAYS)


def scoring() -> Scoring:
    """The setting as the arithmetic takes it."""
    row = lead_scoring()
    return Scoring(
        Target(frozenset(row.industries), frozenset(row.regions), row.size_from, row.size_to),
        Points(
            *(
                {key: row.points.get(key, default) for key, default in part.items()}
                for part in (FIT, BEHAVIOUR, NEGATIVE)
            ),
            half_life=row.half_life_days,
        ),
    )
