"""Aggregates that Django does not bring along."""

from django.db.models import Aggregate, F, FloatField, Func, IntegerField

# A date less a date is a whole number of days; Django would make an interval of it. A deal that was entered after it was
# made took no time.
CYCLE_DAYS = Func(
    F("closed_at"),
    F("opened_at"),
    template="GREATEST(0, %(expressions)s)",
    arg_joiner=" - ",
    output_field=IntegerField(),
)


class Median(Aggregate):
    """The middle of the values, between the two middle ones where their number is even."""

    function = "PERCENTILE_CONT"
    template = "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()
