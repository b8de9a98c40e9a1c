"""The lists of opportunities."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from crm.core import formats
from crm.identity import access
from crm.identity.models import User
from crm.listing.bins import bin_of
from crm.listing.bulk import Assign, Bulk, Delete
from crm.listing.columns import Badge, Date, FollowUp, Html, Link, Look, Money, Number, Person, Related, Text
from crm.listing.declare import Empty, ListPage, View
from crm.listing.palette import Found
from sales import services
from sales.filters.opportunities import OpportunityFilters
from sales.forms.opportunities import MoveManyForm, NameCustomerForm
from sales.models import Opportunity, OpportunityStatus
from sales.queries.opportunities import open_total, opportunity_bin, opportunity_list
from sales.resources.opportunities import OpportunityResource

STATE_KINDS = {
    OpportunityStatus.OPEN: "brand",
    OpportunityStatus.WON: "ok",
    OpportunityStatus.LOST: "bad",
}


def _opportunities(number: str, exact: int) -> str:
    return ngettext("%(number)s opportunity", "%(number)s opportunities", exact) % {"number": number}


def _probability(opportunity: Opportunity, look: Look) -> str:
    return formats.percent(opportunity.probability / 100, 0)


def _owns_opportunities(user: User) -> bool:
    return access.has_verb(user, "add", Opportunity)


def _remember_stages(records: Sequence[Opportunity]) -> dict[str, int]:
    return {str(record.pk): record.stage_id for record in records}


def _remember_customers(records: Sequence[Opportunity]) -> dict[str, int]:
    return {str(record.pk): record.customer_id for record in records}


OPPORTUNITIES = ListPage(
    model=Opportunity,
    queryset=opportunity_list,
    title=_("Opportunities"),
    icon="layout-kanban",
    count_words=_opportunities,
    totals=open_total,
    filters=OpportunityFilters,
    columns=[
        Link("name", label=_("Opportunity"), sort="name_sort", sub="customer"),
        Text("stage", label=_("Stage"), card="badge"),
        Money("amount", label=_("Amount"), sort="amount", card="right"),
        Html(
            "probability",
            label=_("Probability"),
            render=_probability,
            value=lambda one: one.probability,
            align="end",
        ),
        Date("expected_close_date", label=_("Closes"), sort=True, card="meta"),
        FollowUp("next_follow_up_at", all_day="next_follow_up_all_day", sort=True),
        Person("owner", card="corner"),
        Related("customer", shown=False),
        Badge("status", kinds=STATE_KINDS, shown=False),
        Badge("forecast_category", label=_("Forecast"), shown=False),
        Text("pipeline", label=_("Pipeline"), shown=False),
        Related("contact", shown=False),
        Text("competitor", shown=False),
        Badge("source", shown=False),
        Text("campaign", shown=False),
        Number("pushes", label=_("Put off"), shown=False),
        Badge("reason", shown=False),
        Date("closed_at", label=_("Closed"), shown=False, sort=True),
        Text("team", shown=False),
        Date("last_activity_at", label=_("Last follow-up"), shown=False),
        Text("external_id", shown=False),
        Date("created_at", label=pgettext_lazy("date", "Created"), shown=False),
        Date("updated_at", label=_("Changed"), shown=False, sort=True),
    ],
    default_sort="-updated_at",
    views=[
        View(
            "mine",
            pgettext_lazy("opportunities", "Mine"),
            {"owner": "me", "status": "open"},
            sort="expected_close_date",
            icon="user",
            offered=_owns_opportunities,
        ),
        View(
            "closing",
            _("Closing this month"),
            {"status": "open", "expected_close_date": "this_month"},
            sort="expected_close_date",
            icon="calendar-due",
        ),
        View("rotting", _("Rotting"), {"rotting": "true"}, sort="-amount", icon="hourglass"),
        View(
            "no-next",
            _("No next follow-up"),
            {"status": "open", "next_follow_up_at": "none"},
            icon="calendar-off",
        ),
        View(
            "won",
            pgettext_lazy("opportunity", "Won"),
            {"status": "won"},
            sort="-closed_at",
            icon="circle-check",
        ),
        View(
            "lost",
            pgettext_lazy("opportunity", "Lost"),
            {"status": "lost"},
            sort="-closed_at",
            icon="circle-x",
        ),
    ],
    bulk=[
        Bulk(
            "move-stage",
            MoveManyForm,
            services.move_in_bulk,
            label=_("Move to a stage"),
            icon="arrow-right",
            remember=_remember_stages,
            undo=services.move_back,
        ),
        Bulk(
            "name-customer",
            NameCustomerForm,
            services.name_customer,
            label=_("Name the customer"),
            icon="building",
            remember=_remember_customers,
            undo=services.unname_customers,
        ),
        Assign(Opportunity),
        Delete(services.delete_opportunity, services.restore_opportunity),
    ],
    resource=OpportunityResource,
    new="opportunity_create",
    new_label=_("New opportunity"),
    empty=Empty(
        title=_("No opportunities yet"),
        text=_("Open one on a customer's page, or convert a lead."),
        label=_("New opportunity"),
        url_name="opportunity_create",
    ),
    search_note="customer.name",
    palette=Found("name", "customer__name"),
    links=[
        ("opportunity_board", _("Board"), "layout-kanban"),
        ("forecast", _("Forecast"), "chart-histogram"),
        ("opportunity_bin_list", _("Bin"), "trash"),
    ],
)

OPPORTUNITY_BIN = bin_of(
    OPPORTUNITIES,
    opportunity_bin,
    Link("name", label=_("Opportunity"), sort="name_sort", sub="customer"),
    Person("owner", card="meta"),
)
