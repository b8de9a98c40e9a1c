"""What a new installation needs of customers before people can work with it."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Activity, Customer
from crm.console.queries.first_run import Step
from crm.identity.models import User


def import_customers(_user: User) -> Step:
    done = Customer._base_manager.exists()
    title, text = _("Import the customers"), _("From the Excel sheets your people have.")
    return Step("customers", title, text, reverse("import_new"), _("Import with Excel"), done)


def record_a_follow_up(_user: User) -> Step:
    title, text = _("Record the first follow-up"), _("Open a customer and write what was said")
    done = Activity._base_manager.exists()
    return Step("follow-up", title, text, reverse("customer_list"), _("Show customers"), done)
