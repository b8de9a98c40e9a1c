"""What happens to cadences and to those who are taken through them, and how the timeline says it."""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.events.catalogue import event
from crm.events.models import Event
from sales.models.choices import StopReason


def _about(template: Promise) -> Callable[[Event], str]:
    """A sentence that names the cadence and the person."""

    def sentence(e: Event) -> str:
        return str(template) % {"cadence": e.payload.get("cadence", ""), "name": e.payload.get("name", "")}

    return sentence


def _stopped(e: Event) -> str:
    reason = e.payload.get("reason", "")
    words = str(StopReason(reason).label) if reason in StopReason.values else ""
    text = _about(gettext_lazy("Cadence “%(cadence)s” with %(name)s ended"))(e)
    return _("%(change)s (%(reason)s)") % {"change": text, "reason": words} if words else text


CADENCE_SAVED = event("cadence.saved", gettext_lazy("Cadence changed"), timeline=False)
CADENCE_DELETED = event("cadence.deleted", gettext_lazy("Cadence deleted"), timeline=False)
ENROLLED = event(
    "cadence.enrolled",
    gettext_lazy("Cadence begun"),
    sentence=_about(gettext_lazy("Cadence “%(cadence)s” with %(name)s begun")),
)
ENROLMENT_PAUSED = event(
    "cadence.paused",
    gettext_lazy("Cadence paused"),
    sentence=_about(gettext_lazy("Cadence “%(cadence)s” with %(name)s paused")),
)
ENROLMENT_RESUMED = event(
    "cadence.resumed",
    gettext_lazy("Cadence goes on"),
    sentence=_about(gettext_lazy("Cadence “%(cadence)s” with %(name)s goes on")),
)
ENROLMENT_ENDED = event("cadence.ended", gettext_lazy("Cadence ended"), sentence=_stopped)
ENROLMENT_ANSWERED = event(
    "cadence.answered",
    gettext_lazy("Cadence answered"),
    sentence=_about(gettext_lazy("%(name)s answered an e-mail of the cadence “%(cadence)s”")),
)
