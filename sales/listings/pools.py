"""The lists of what lies in pools: leads and customers one may claim."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from crm.core.phone import format_phone
from crm.core.templatetags.ui import badge
from crm.events.actor import Actor
from crm.identity import access
from crm.identity.models import User
from crm.listing.bulk import Assign, Bulk
from crm.listing.columns import NOTHING, Badge, Date, Html, Link, Look, Person, Text
from crm.listing.declare import Empty, ListPage, View
from sales import services
from sales.filters.pools import PoolCustomerFilters, PoolLeadFilters
from sales.listings.leads import score_badge
from sales.models import Lead, PoolReason
from sales.queries.pools import pooled_customers, pooled_leads, pools_of, with_reason


def _leads(number: str, exact: int) -> str:
    return ngettext("%(number)s lead", "%(number)s leads", exact) % {"number": number}


def _customers(number: str, exact: int) -> str:
    return ngettext("%(number)s customer", "%(number)s customers", exact) % {"number": number}


def reason_words(record: Any) -> str:
    """Why a record lies in the pool."""
    reason = getattr(record, "pool_reason", None)
    return str(PoolReason(reason).label) if reason in PoolReason.values else ""


def _reason(record: Any, look: Look) -> SafeString:
    words = reason_words(record)
    return badge(words, "line") if words else NOTHING


def _score(lead: Lead, look: Look) -> SafeString:
    return score_badge(lead)


def _phone(record: Any, look: Look) -> str:
    return format_phone(record.phone)


def _plain_phone(record: Any) -> str:
    return format_phone(record.phone)


def may_claim_from(user: User) -> set[int]:
    """The pools somebody claims from, read once a request."""
    if "_sales_pools" not in user.__dict__:
        user.__dict__["_sales_pools"] = set(pools_of(user).values_list("pk", flat=True))
    return user.__dict__["_sales_pools"]


def claim_button(record: Any, look: Look) -> SafeString | str:
    """One click takes the record: for members of its pool. The token it needs stands in the page's claim form."""
    if record.team_id not in may_claim_from(look.user) or not access.has_verb(
        look.user, "change", type(record)
    ):
        return ""
    name = "lead_claim" if isinstance(record, Lead) else "customer_claim"
    url, words = reverse(name, args=[record.pk]), gettext("Claim")
    return format_html(
        '<button class="btn btn-mini btn-tint" form="claim-form" formaction="{}" hx-post="{}" hx-include="#claim-form"'
        ' hx-swap="none" hx-push-url="false" aria-label="{}">{}</button>',
        url,
        url,
        gettext("Claim %(name)s") % {"name": record},
        words,
    )


def _nothing(record: Any) -> str:
    return ""


def _claims(user: User) -> bool:
    return bool(may_claim_from(user))


def _claim(record: Any, *, actor: Actor) -> Any:
    return services.claim_as_actor(record, actor=actor)


CLAIM = Bulk("claim", None, _claim, label=_("Claim"), verb="view", icon="user-plus", offered=_claims)
SINCE = Date("owner_since", label=_("In the pool since"), sort=True, card="meta")
TAKE = Html(
    "take", label=_("Claim"), render=claim_button, value=_nothing, card="right", export=False, fixed=True
)
BEFORE = Person("previous_owner", label=_("Previous owner"), card="corner")
WHY = Html("pool_reason", label=_("Reason"), render=_reason, value=reason_words, card="badge", parts=True)
POOL = Text("team", label=_("Pool"))
PHONE = Html("phone", label=_("Phone"), render=_phone, value=_plain_phone, private=True)
EMPTY = Empty(
    title=_("Nothing in the pool"),
    text=_("What colleagues give back and what a rule recycles comes here."),
)

POOL_LEADS = ListPage(
    name="pool_lead",
    model=Lead,
    queryset=pooled_leads,
    parts=with_reason,
    title=_("Leads in the pool"),
    icon="user-plus",
    count_words=_leads,
    filters=PoolLeadFilters,
    columns=[
        Link("name", label=_("Lead"), sort="name_sort", sub="company"),
        WHY,
        Html("score", label=_("Score"), render=_score, value=lambda lead: lead.score, sort="score"),
        PHONE,
        Badge("source", shown=True),
        Text("region", label=_("Region"), card="subtitle"),
        Text("industry", shown=False),
        BEFORE,
        SINCE,
        POOL,
        TAKE,
        Date("created_at", label=pgettext_lazy("date", "Created"), shown=False, sort=True),
    ],
    default_sort="-owner_since",
    views=[
        View("new", _("New in 7 days"), {"since": "last_7"}, icon="sparkles"),
        View("untouched", _("Never tried"), {"reason": "nobody"}, icon="star"),
    ],
    bulk=[CLAIM, Assign(Lead)],
    in_search=False,
    exportable=False,
    remote_choices=False,
    template="sales/pool_list.html",
    empty=EMPTY,
)

POOL_CUSTOMERS = ListPage(
    name="pool_customer",
    model=Customer,
    queryset=pooled_customers,
    parts=with_reason,
    title=_("Customers in the pool"),
    icon="building",
    count_words=_customers,
    filters=PoolCustomerFilters,
    columns=[
        Link("name", label=_("Customer"), sort="name_sort", sub="industry"),
        WHY,
        Badge("intent", shown=False),
        PHONE,
        Text("region", label=_("Region"), card="subtitle"),
        Date("last_activity_at", label=_("Last follow-up"), sort=True),
        BEFORE,
        SINCE,
        POOL,
        TAKE,
        Badge("source", shown=False),
        Date("created_at", label=pgettext_lazy("date", "Created"), shown=False, sort=True),
    ],
    default_sort="-owner_since",
    views=[View("new", _("New in 7 days"), {"since": "last_7"}, icon="sparkles")],
    bulk=[CLAIM, Assign(Customer)],
    in_search=False,
    exportable=False,
    remote_choices=False,
    template="sales/pool_list.html",
    empty=EMPTY,
)
