"""What happens with public forms."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.events.catalogue import event
from crm.events.models import Event


def _sent(e: Event) -> str:
    words = {
        "name": e.payload.get("name", ""),
        "form": e.payload.get("form", ""),
        "text": e.payload.get("text", ""),
    }
    if e.payload.get("text"):
        return _("%(name)s filled in the form “%(form)s”: %(text)s") % words
    return _("%(name)s filled in the form “%(form)s”") % words


WEB_FORM_CREATED = event("web_form.created", gettext_lazy("Web form created"), timeline=False)
WEB_FORM_CHANGED = event("web_form.updated", gettext_lazy("Web form changed"), timeline=False)
CUSTOMER_SENT_FORM = event("customer.sent_form", gettext_lazy("Filled in a form"), sentence=_sent)
