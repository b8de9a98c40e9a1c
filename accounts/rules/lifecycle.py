"""The life cycle of a customer: which stage follows from the facts, and which moves people may make.

Pure: the facts come in as a value, the verdict says the stage and why. Stages are stored as these strings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median

LEAD, MQL, SQL, OPPORTUNITY = "lead", "mql", "sql", "opportunity"
CUSTOMER, REPEAT, LOYAL, AT_RISK, CHURNED = "customer", "repeat", "loyal", "at_risk", "churned"

PROSPECT_STAGES = (LEAD, MQL, SQL, OPPORTUNITY)
DEAL_STAGES = (CUSTOMER, REPEAT, LOYAL, AT_RISK, CHURNED)
# When several stages' conditions hold, the first one here wins.
PRECEDENCE = (CHURNED, AT_RISK, LOYAL, REPEAT, CUSTOMER, OPPORTUNITY, SQL, MQL, LEAD)

# Default values of settings an administrator edits.
MQL_SCORE, MQL_FIT = 60, 25
SQL_BANT = 3
LOYAL_ORDERS, LOYAL_MONTHS, LOYAL_HEALTH = 3, 24, 70
RISK_FACTOR, RISK_RANGE, RISK_DEFAULT = Decimal("1.5"), (45, 180), 180
CHURN_FACTOR, CHURN_RANGE, CHURN_DEFAULT = Decimal(3), (90, 365), 365
RISK_RED_DAYS = 7
RISK_RENEWAL_DAYS, CHURN_RENEWAL_DAYS = 30, 30
RISK_OVERDUE_DAYS = 60
RISK_CALM_DAYS = 14

# What people may do by hand, always with a reason. Everything else follows from orders and opportunities.
MANUAL_MOVES: dict[str, tuple[str, ...]] = {
    LEAD: (MQL, SQL),
    MQL: (LEAD, SQL, OPPORTUNITY),
    SQL: (MQL, OPPORTUNITY),
    OPPORTUNITY: (MQL, SQL),
    CUSTOMER: (AT_RISK, CHURNED),
    REPEAT: (AT_RISK, CHURNED),
    LOYAL: (AT_RISK, CHURNED),
    AT_RISK: (CUSTOMER, CHURNED),
    CHURNED: (CUSTOMER,),
}


@dataclass(frozen=True)
class Thresholds:
    """Days since the last order after which a customer is at risk, and after which it is lost."""

    at_risk: int
    churned: int


@dataclass(frozen=True)
class Facts:
    """What is known of a customer on a day; dates are company dates.

    ``order_dates`` are those of effective orders (approved and signed, not voided or fully refunded);
    ``stage_since`` is the day the present stage was entered; ``reactivated_on`` the day a lost customer ordered
    again: earlier orders no longer make it a repeat customer. ``calm_since``: nothing was wrong from this day on.
    """

    today: date
    stage: str = LEAD
    stage_since: date | None = None
    order_dates: Sequence[date] = ()
    reactivated_on: date | None = None
    open_opportunities: int = 0
    score: Decimal | int = 0
    fit: Decimal | int = 0
    hand_raised: bool = False
    accepted_in_time: bool = False
    two_way_contacts: int = 0
    bant_known: int = 0
    health: Decimal | None = None
    health_red_days: int = 0
    open_severe_complaint: bool = False
    contract_end: date | None = None
    renewal_open: bool = False
    receivable_overdue_days: int = 0
    calm_since: date | None = None


@dataclass(frozen=True)
class Verdict:
    """The stage a customer belongs to, the rule that says so, and whether a lost one was won back."""

    stage: str
    rule: str
    won_back: bool = False


def ordering_rhythm(order_dates: Sequence[date]) -> Decimal | None:
    """m: the median number of days between effective orders; needs orders on at least three dates."""
    days = sorted(set(order_dates))
    if len(days) < 3:
        return None
    return Decimal(str(median((later - earlier).days for earlier, later in pairwise(days))))


def thresholds(order_dates: Sequence[date]) -> Thresholds:
    """At risk after clamp(1.5·m, 45, 180) days without an order, lost after clamp(3·m, 90, 365)."""
    rhythm = ordering_rhythm(order_dates)
    if rhythm is None:
        return Thresholds(RISK_DEFAULT, CHURN_DEFAULT)
    return Thresholds(
        at_risk=int(clamp(RISK_FACTOR * rhythm, *RISK_RANGE)),
        churned=int(clamp(CHURN_FACTOR * rhythm, *CHURN_RANGE)),
    )


def clamp(value: Decimal, low: int, high: int) -> Decimal:
    """The value, or the nearer end of the range."""
    return max(Decimal(low), min(Decimal(high), value))


def days_since_order(facts: Facts) -> int:
    """Days since the last effective order, 0 without one."""
    return (facts.today - max(facts.order_dates)).days if facts.order_dates else 0


def churn_rule(facts: Facts) -> str:
    """Why a deal customer counts as lost, empty if it does not."""
    if days_since_order(facts) > thresholds(facts.order_dates).churned:
        return "no_order"
    end = _unrenewed_end(facts)
    if end and facts.today > end + timedelta(days=CHURN_RENEWAL_DAYS):
        return "contract_lapsed"
    return ""


def risk_rule(facts: Facts) -> str:
    """Why a deal customer counts as at risk, empty if it does not."""
    if days_since_order(facts) > thresholds(facts.order_dates).at_risk:
        return "no_order"
    if facts.health_red_days >= RISK_RED_DAYS:
        return "health_red"
    end = _unrenewed_end(facts)
    if end and facts.today >= end - timedelta(days=RISK_RENEWAL_DAYS):
        return "renewal_missing"
    if facts.receivable_overdue_days > RISK_OVERDUE_DAYS:
        return "receivable_overdue"
    return ""


def _unrenewed_end(facts: Facts) -> date | None:
    """The end of a contract that nobody is about to renew."""
    return None if facts.renewal_open else facts.contract_end


def rises(stage: str, to: str) -> bool:
    """Whether a deal customer's step leads up: loyalty and repeated orders are not lost by a look at the facts alone."""
    return stage in (AT_RISK, CHURNED, *PROSPECT_STAGES) or (stage, to) == (CUSTOMER, REPEAT)


def evaluate(facts: Facts) -> Verdict:
    """The stage that follows from the facts tonight; only the backward moves listed here happen by themselves."""
    if facts.order_dates or facts.stage in DEAL_STAGES:
        return _deal_customer(facts)
    return _prospect(facts)


def _deal_customer(facts: Facts) -> Verdict:
    if facts.stage == CHURNED:  # only a new order leads out, and counts as won back
        if _ordered_since(facts):
            return Verdict(CUSTOMER, "new_order", won_back=True)
        return Verdict(CHURNED, "kept")
    if rule := churn_rule(facts):
        return Verdict(CHURNED, rule)
    if rule := risk_rule(facts):
        return Verdict(AT_RISK, rule)
    if facts.stage == AT_RISK and not _has_calmed_down(facts):
        return Verdict(AT_RISK, "kept")
    counted = {
        day for day in facts.order_dates if facts.reactivated_on is None or day >= facts.reactivated_on
    }
    if _is_loyal(facts, counted):
        return Verdict(LOYAL, "loyal")
    if len(counted) >= 2:
        return Verdict(REPEAT, "second_order")
    return Verdict(CUSTOMER, "first_order")


def _ordered_since(facts: Facts) -> bool:
    """Whether an order came after the present stage was entered."""
    return facts.stage_since is not None and any(day > facts.stage_since for day in facts.order_dates)


def _has_calmed_down(facts: Facts) -> bool:
    """A customer at risk is safe after a new order, or when nothing was wrong for 14 days."""
    calm_days = (facts.today - facts.calm_since).days if facts.calm_since else 0
    return _ordered_since(facts) or calm_days >= RISK_CALM_DAYS


def _is_loyal(facts: Facts, counted: set[date]) -> bool:
    recent = {day for day in counted if day > _months_before(facts.today, LOYAL_MONTHS)}
    return (
        len(recent) >= LOYAL_ORDERS
        and facts.health is not None
        and facts.health >= LOYAL_HEALTH
        and not facts.open_severe_complaint
    )


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def _prospect(facts: Facts) -> Verdict:
    if facts.open_opportunities:
        return Verdict(OPPORTUNITY, "open_opportunity")
    if facts.stage == OPPORTUNITY:
        return Verdict(MQL, "recycled")
    if facts.stage == SQL or _is_sql(facts):
        return Verdict(SQL, "qualified" if _is_sql(facts) else "kept")
    if facts.stage == MQL or _is_mql(facts):
        return Verdict(MQL, _mql_rule(facts) or "kept")
    return Verdict(LEAD, "kept")


def _is_sql(facts: Facts) -> bool:
    return facts.accepted_in_time and facts.two_way_contacts >= 1 and facts.bant_known >= SQL_BANT


def _mql_rule(facts: Facts) -> str:
    if facts.hand_raised:
        return "hand_raised"
    return "score" if facts.score >= MQL_SCORE and facts.fit >= MQL_FIT else ""


def _is_mql(facts: Facts) -> bool:
    return bool(_mql_rule(facts))


def manual_targets(stage: str, *, is_deal_customer: bool) -> tuple[str, ...]:
    """The stages to which people may move a customer by hand."""
    allowed = DEAL_STAGES if is_deal_customer else PROSPECT_STAGES
    if is_deal_customer and stage in PROSPECT_STAGES:
        return (CUSTOMER,)
    return tuple(target for target in MANUAL_MOVES.get(stage, ()) if target in allowed)


def check_manual_move(stage: str, to: str, *, is_deal_customer: bool, reason: str) -> str:
    """Why a move by hand is refused: same, deal_customer, no_deal, not_allowed or reason; empty if it is fine."""
    if to == stage:
        return "same"
    if is_deal_customer and to in PROSPECT_STAGES:
        return "deal_customer"
    if not is_deal_customer and to in DEAL_STAGES:
        return "no_deal"
    if to not in manual_targets(stage, is_deal_customer=is_deal_customer):
        return "not_allowed"
    if not reason.strip():
        return "reason"
    return ""
