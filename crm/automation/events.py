"""What happens to outgoing mail and group robots that people decide about; for the audit log only."""

from django.utils.translation import gettext_lazy

from crm.events.catalogue import event

EMAIL_RESENT = event("email.resent", gettext_lazy("E-mail sent again"), timeline=False)
ROBOT_CREATED = event("robot.created", gettext_lazy("Group robot created"), timeline=False)
ROBOT_UPDATED = event("robot.updated", gettext_lazy("Group robot changed"), timeline=False)
ROBOT_DELETED = event("robot.deleted", gettext_lazy("Group robot deleted"), timeline=False)
ROBOT_TESTED = event("robot.tested", gettext_lazy("Group robot tried out"), timeline=False)
ROBOT_MESSAGE_RETRIED = event(
    "robot.message_retried", gettext_lazy("Message to a group sent again"), timeline=False
)
EMAIL_ANSWERED = event("email.answered", gettext_lazy("E-mail answered"), timeline=False)
ADDRESS_SUPPRESSED = event("address.suppressed", gettext_lazy("Address gets no more e-mails"), timeline=False)
ADDRESS_ALLOWED = event("address.allowed", gettext_lazy("Address gets e-mails again"), timeline=False)
