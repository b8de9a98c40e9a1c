"""The lists of leads."""

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.listings import quick_call
from accounts.models import Activity
from crm.core import formats
from crm.core.phone import format_phone
from crm.core.templatetags.ui import meter
from crm.identity import access
from crm.identity.models import User
from crm.listing.bins import bin_of
from crm.listing.bulk import Assign, Bulk, Delete
from crm.listing.columns import Badge, Date, FollowUp, Html, Link, Look, Number, Person, Related, Text
from crm.listing.declare import Empty, ListPage, View
from crm.listing.palette import Found
from sales import services
from sales.filters.leads import LeadFilters
from sales.models import Cadence, Lead, LeadStatus
from sales.queries.leads import lead_bin, lead_list
from sales.resources.leads import LeadResource

STATUS_KINDS = {
    LeadStatus.NEW: "brand",
    LeadStatus.WORKING: "teal",
    LeadStatus.QUALIFIED: "ok",
    LeadStatus.CONVERTED: "vio",
}
HOT, WARM = 60, 30
METERS = {"hot": "bad", "warm": "warn", "cool": "brand"}


def _leads(number: str, exact: int) -> str:
    return ngettext("%(number)s lead", "%(number)s leads", exact) % {"number": number}


def score_badge(lead: Lead) -> SafeString:
    """The score with a bar of its length; hot from what marketing hands over."""
    heat = "hot" if lead.score >= HOT else "warm" if lead.score >= WARM else "cool"
    return format_html(
        '<span class="score score-{}" title="{}"><span class="num">{}</span>{}</span>',
        heat,
        gettext("Score"),
        round(lead.score),
        meter(round(lead.score), 100, METERS[heat]),
    )


def _score(lead: Lead, look: Look) -> SafeString:
    return score_badge(lead)


def _chance(lead: Lead, look: Look) -> SafeString | str:
    """The learned chance; where only the rules count it says so."""
    if lead.chance is not None:
        return formats.percent(lead.chance, 0)
    if not lead.is_open:
        return ""
    words = gettext("There are too few old leads of yours to learn from.")
    return format_html('<span class="muted small" title="{}">{}</span>', words, gettext("Rules only"))


def _plain_chance(lead: Lead) -> str:
    if lead.chance is not None:
        return formats.percent(lead.chance, 0)
    return gettext("Rules only") if lead.is_open else ""


def _phone(lead: Lead, look: Look) -> str:
    return format_phone(lead.phone)


def _plain_phone(lead: Lead) -> str:
    return format_phone(lead.phone)


def _owns_leads(user: User) -> bool:
    return access.has_verb(user, "add", Lead)


def _writes(user: User) -> bool:
    return access.has_verb(user, "add", Activity)


LEADS = ListPage(
    model=Lead,
    queryset=lead_list,
    title=_("Leads"),
    icon="user-plus",
    count_words=_leads,
    filters=LeadFilters,
    columns=[
        Link("name", label=_("Lead"), sort="name_sort", sub="company"),
        Badge("status", kinds=STATUS_KINDS, card="badge"),
        Html(
            "score",
            label=_("Score"),
            render=_score,
            value=lambda lead: lead.score,
            sort="score",
            card="right",
        ),
        Html(
            "chance",
            label=_("Chance"),
            render=_chance,
            value=_plain_chance,
            sort="chance",
            align="end",
        ),
        Html("phone", render=_phone, value=_plain_phone, private=True, card="meta"),
        Badge("source", card="meta"),
        Date("created_at", label=pgettext_lazy("date", "Created"), sort=True),
        FollowUp("next_follow_up_at", all_day="next_follow_up_all_day", sort=True),
        Person("owner", card="corner"),
        Text("title", label=_("Job title"), shown=False),
        Text("email", shown=False, private=True),
        Text("wechat", shown=False, private=True),
        Text("industry", shown=False),
        Text("region", label=_("Region"), shown=False),
        Number("size", shown=False),
        Text("website", shown=False),
        Text("channel", shown=False),
        Text("campaign", shown=False),
        Badge("reason", shown=False),
        Text("team", shown=False),
        Related("customer", shown=False),
        Date("last_activity_at", label=_("Last follow-up"), shown=False, sort=True),
        Date("converted_at", shown=False),
        Text("external_id", shown=False),
        Date("updated_at", label=_("Changed"), shown=False, sort=True),
    ],
    default_sort="-updated_at",
    views=[
        View(
            "mine",
            pgettext_lazy("leads", "Mine"),
            {"owner": "me", "open": "true"},
            sort="-score",
            icon="user",
            offered=_owns_leads,
        ),
        View("hot", _("Hot"), {"open": "true", "score_from": HOT}, sort="-score", icon="bolt"),
        View(
            "new", pgettext_lazy("lead status", "New"), {"status": "new"}, sort="-created_at", icon="sparkles"
        ),
        View(
            "no-next",
            _("No next follow-up"),
            {"open": "true", "next_follow_up_at": "none"},
            icon="calendar-off",
        ),
        View(
            "converted",
            pgettext_lazy("lead status", "Converted"),
            {"status": "converted"},
            icon="circle-check",
        ),
    ],
    bulk=[
        Assign(Lead),
        Bulk(
            "assign-by-rules",
            None,
            services.assign_by_rules,
            label=_("Assign by rules"),
            verb="transfer",
            icon="arrows-exchange",
            set_based=True,
        ),
        Delete(services.delete_lead, services.restore_lead),
    ],
    resource=LeadResource,
    new="lead_create",
    new_label=_("New lead"),
    empty=Empty(
        title=_("No leads yet"),
        text=_("A name and one way to reach them are enough, or bring them in from your spreadsheet."),
        label=_("New lead"),
        url_name="lead_create",
    ),
    row_expand="lead_follow_up",
    expand_offered=_writes,
    row_actions=quick_call,
    search_note="company",
    palette=Found("name", "company"),
    links=[
        ("cadence_list", _("Cadences"), "send", "view", Cadence),
        ("lead_bin_list", _("Bin"), "trash"),
    ],
)

LEAD_BIN = bin_of(
    LEADS,
    lead_bin,
    Link("name", label=_("Lead"), sort="name_sort", sub="company"),
    Person("owner", card="meta"),
)
