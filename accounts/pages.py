"""The page of a customer, declared like its list."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.forms import CustomerForm
from accounts.listings import CUSTOMER_BIN, CUSTOMERS
from accounts.models import Contact, Customer
from accounts.queries import customers as queries
from accounts.queries.merging import successor
from accounts.services.customers import EDITABLE
from accounts.views.answers import REFUSALS
from accounts.views.duplicates import guard_of
from accounts.views.timeline import composer_context, timeline_context
from crm.identity import access
from crm.listing.record import RecordPage


def present(customer: Customer) -> set[str]:
    """The built-in fields that a customer like this has."""
    return (set(EDITABLE) - {"no_follow_up_reason", "custom"}) - {"intent" if customer.is_deal else "tier"}


def customer_context(request: HttpRequest, customer: Customer, may: dict[str, bool]) -> dict[str, Any]:
    """Beside the facts: the people, the companies above and below, who works on it, and follow-ups in the middle."""
    user = request.user
    people = queries.people_of(customer, user)
    context = {
        "may": {
            "add_contact": access.has_verb(user, "add", Contact),
            "first_deal": access.is_administrator(user),
        },
        "people": people,
        "main_contact": next((p for p in people if p.is_primary), people[0] if people else None),
        "children": list(access.visible(Customer, user).filter(parent=customer).order_by("name_sort")[:20]),
        "parent_seen": customer.parent is not None and access.may(user, "view", customer.parent),
        "stage_why": queries.why_in_danger(customer),
    }
    if not request.GET.get("part"):
        context |= timeline_context(request, customer, may["change"]) | composer_context(
            request, customer, people=people
        )
    return context


CUSTOMER_PAGE = RecordPage(
    listing=CUSTOMERS,
    queryset=queries.customer_record,
    form=CustomerForm,
    update=services.update_customer,
    template="accounts/customer_detail.html",
    parts={name: f"accounts/_{name}.html" for name in ("identity", "left", "right")},
    context=customer_context,
    form_template="accounts/_form.html",
    form_context=lambda customer: {
        "check_params": "name,kind,uscc,phone,email,confirmed",
        "checked_customer": customer.pk,
    },
    why_context=lambda customer: {"steps": queries.lifecycle_history(customer)},
    given=lambda request: {"guard": guard_of(request)},
    moved=successor,
    transfer=services.transfer_customers,
    delete=services.delete_customer,
    restore=services.restore_customer,
    bin=CUSTOMER_BIN,
    before_delete=_(
        "It goes to the bin with its contacts and follow-ups, and can be restored from there for 30 days."
    ),
    before_restore=_("It comes back with its contacts, follow-ups and owner."),
    further_verbs=("merge",),
    facts=Customer.page_fields,
    always=frozenset({"uscc", "source", "address", "phone", "size"}),
    copied=frozenset({"uscc"}),
    has=present,
    refusals=REFUSALS,
)
