"""What happens to outgoing mail that people decide about; for the audit log only."""

from django.utils.translation import gettext_lazy

from crm.events.catalogue import event

EMAIL_RESENT = event("email.resent", gettext_lazy("E-mail sent again"), timeline=False)
