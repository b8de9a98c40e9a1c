"""The kinds of news that leads make."""

from django.utils.translation import gettext_lazy as _

from crm.automation.kinds import kind

LEAD_ARRIVED = kind(
    "lead_arrived",
    _("Leads that come in by themselves"),
    _("%(name)s filled in the form “%(form)s”"),
    why=_("The lead is yours."),
    group=_("%(person)s: a lead came in by the form “%(form)s”"),
    icon="user-plus",
    email=True,
    digest=True,
    position=40,
)
