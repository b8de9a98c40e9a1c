"""What a new installation, and a new person, first does with customers and follow-ups."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Activity, Customer
from accounts.queries.activities import may_write
from crm.console.queries.first_run import Step
from crm.identity.access import has_verb
from crm.identity.models import User


def import_customers(_user: User) -> Step:
    done = Customer._base_manager.exists()
    title, text = _("Import the customers"), _("From the Excel sheets your people have.")
    help = _(
        "Any sheet will do: its columns are matched by name and content, and every mistake is shown before anything is "
        "written. An import can be undone as long as nobody has edited its rows."
    )
    return Step("customers", title, text, reverse("import_new"), _("Import with Excel"), done, help)


def record_a_follow_up(_user: User) -> Step:
    title, text = _("Record the first follow-up"), _("Open a customer and write what was said")
    done = Activity._base_manager.exists()
    help = _(
        "Whoever writes what was said and when to be in touch next is reminded on that day, and so nobody is forgotten."
    )
    return Step("follow-up", title, text, reverse("customer_list"), _("Show customers"), done, help)


def own_first_customer(user: User) -> Step | None:
    """Somebody who sells looks after a customer."""
    if not has_verb(user, "add", Customer):
        return None
    done = Customer._base_manager.filter(owner=user).exists()
    title, text = _("Enter a customer"), _("Three answers are enough.")
    return Step("customer", title, text, reverse("customer_create"), _("New customer"), done)


def own_first_follow_up(user: User) -> Step | None:
    """Somebody has written down what was said."""
    if not may_write(user):
        return None
    done = Activity._base_manager.filter(author=user).exists()
    title, text = _("Write your first follow-up"), _("What was said, and when you are in touch next.")
    return Step("follow-up", title, text, reverse("follow_up_write"), _("Write"), done)
