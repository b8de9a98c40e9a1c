"""What the lists of cadences and of those in them can be narrowed by."""

from django.utils.translation import gettext_lazy as _

from accounts.filters import PAST
from crm.identity.models import Team
from crm.listing.filters import Choices, Filters, Flag, OwnerFilter, PeriodFilter, Records
from sales.models import Cadence, Enrolment, EnrolmentState, StopReason
from sales.models.cadence import LIVE


class CadenceFilters(Filters):
    """The filters of cadences."""

    is_active = Flag(label=_("In use"))

    class Meta:
        model = Cadence
        fields: list[str] = []


class EnrolmentFilters(Filters):
    """The filters of those who are taken through cadences, in the order they are offered."""

    cadence = Records(model=Cadence, field_name="cadence", label=_("Cadence"))
    owner = OwnerFilter()
    team = Records(model=Team, field_name="team", label=_("Team"))
    state = Choices(choices=EnrolmentState.choices, label=_("Status"))
    live = Flag(label=_("In progress"), condition=lambda user: LIVE)
    reason = Choices(choices=StopReason.choices, label=_("Reason"))
    started_at = PeriodFilter(names=PAST, label=_("Begun"))
    ended_at = PeriodFilter(names=PAST, label=_("Ended"))

    class Meta:
        model = Enrolment
        fields: list[str] = []
