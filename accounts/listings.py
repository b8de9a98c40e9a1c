"""The lists of customers and contacts."""

from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.activity_forms import PlanForm
from accounts.activity_listing import KIND_ICONS, plan_follow_ups
from accounts.filters import ContactFilters, CustomerFilters
from accounts.models import Contact, Customer
from accounts.models.choices import ContactRole
from accounts.queries.activities import may_write, reads_others
from accounts.queries.customers import (
    contact_bin,
    contact_list,
    customer_bin,
    customer_list,
    tags_for,
    with_labels,
)
from accounts.resources import ContactResource, CustomerResource
from crm.core import formats
from crm.core.masking import is_masked
from crm.core.phone import format_phone
from crm.core.templatetags.ui import badge, icon, lifecycle_badge, tier
from crm.identity import access
from crm.identity.models import Scope, User
from crm.listing.bins import bin_of
from crm.listing.bulk import Assign, Bulk, Delete
from crm.listing.columns import Badge, Date, Flag, FollowUp, Html, Link, Look, Number, Person, Related, Text
from crm.listing.custom.bulk import SetField
from crm.listing.declare import Empty, ListPage, View
from crm.listing.forms import CrmForm
from crm.listing.palette import Found
from crm.records.models import Tag

TAG_KINDS = {"blue": "brand", "green": "ok", "amber": "warn", "red": "bad", "violet": "vio", "teal": "teal"}
ROLE_KINDS = {ContactRole.DECISION_MAKER: "bad", ContactRole.INFLUENCER: "vio", ContactRole.PURCHASER: "teal"}


def tag_badge(label: dict[str, Any]) -> SafeString:
    """A tag as a label in its colour."""
    return badge(label["name"], TAG_KINDS.get(label["colour"], ""))


def _grade(customer: Customer, look: Look) -> SafeString:
    key = (customer.grade, customer.is_deal)
    if key not in look.drawn:
        look.drawn[key] = tier(customer.grade, intent=not customer.is_deal)
    return look.drawn[key]


def _last_follow_up(customer: Customer, look: Look) -> SafeString | str:
    if customer.last_activity_at is None:
        return ""
    return format_html(
        '<span class="cell-cut">{} <time class="when" datetime="{}" title="{}">{}</time> {}</span>',
        icon(KIND_ICONS.get(customer.last_activity_kind, "message"), 16),
        customer.last_activity_at.isoformat(),
        formats.exact(customer.last_activity_at),
        formats.relative_day(customer.last_activity_at, look.today),
        customer.last_activity_summary if reads_others(look.user) else "",
    )


def _tags(customer: Customer, look: Look) -> SafeString | str:
    labels = customer.labels
    shown = format_html_join(" ", "{}", ((tag_badge(label),) for label in labels[:3]))
    return format_html("{} +{}", shown, len(labels) - 3) if len(labels) > 3 else shown


def _tag_names(customer: Customer) -> str:
    return ", ".join(label["name"] for label in customer.labels)


def _shared(customer: Customer, user: User) -> str:
    """Whether somebody who only sees their own sees this one because it is shared."""
    if customer.owner_id == user.pk or access.scope_of(Customer, user) != Scope.OWN:
        return ""
    if customer.team_id in access.team_ids_of(user, Customer):
        return ""
    return gettext("Shared")


def quick_call(record: Customer | Contact, look: Look) -> str:
    """The quick call of a row."""
    if not record.phone or is_masked(record.phone):
        return ""
    label = gettext("Call %(number)s") % {"number": format_phone(record.phone)}
    return format_html(
        '<a class="icon-btn icon-btn-small" href="tel:{}" title="{}" aria-label="{}" data-key="c">{}</a>',
        record.phone.split(" ext ")[0],
        label,
        label,
        icon("phone", 16),
    )


def _phone(record: Customer | Contact, look: Look) -> str:
    return format_phone(record.phone)


def _plain_phone(record: Customer | Contact) -> str:
    return format_phone(record.phone)


def _late(customer: Customer, look: Look) -> str:
    due = customer.next_follow_up_at
    if due is None:
        return ""
    late = formats.local_day(due) < look.today if customer.next_follow_up_all_day else due < look.now
    return "overdue" if late else ""


def _owns_customers(user: User) -> bool:
    """Whether somebody's role makes customers of their own."""
    return access.has_verb(user, "add", Customer)


def _writes_follow_ups(user: User) -> bool:
    return may_write(user)


def _customers(number: str, exact: int) -> str:
    return ngettext("%(number)s customer", "%(number)s customers", exact) % {"number": number}


def _contacts(number: str, exact: int) -> str:
    return ngettext("%(number)s contact", "%(number)s contacts", exact) % {"number": number}


class TagForm(CrmForm):
    """Which tags to put on customers and which to take off."""

    add = forms.ModelMultipleChoiceField(label=_("Add"), queryset=Tag.objects.none(), required=False)
    remove = forms.ModelMultipleChoiceField(label=_("Remove"), queryset=Tag.objects.none(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.queryset = tags_for(self.user)


TRANSFER = Assign(Customer, services.transfer_customers)
TAG = Bulk("tag", TagForm, services.tag_customers, label=_("Tag"), icon="tag", set_based=True)
PLAN = Bulk(
    "plan", PlanForm, plan_follow_ups, label=_("Plan a follow-up"), icon="calendar-plus", set_based=True
)
SET_FIELD = SetField(Customer, services.update_customer)
DELETE = Delete(services.delete_customer, services.restore_customer)

CUSTOMER_COLUMNS = [
    Link("name", label=_("Customer"), sort="name_sort", sub="industry"),
    Html(
        "grade",
        label=_("Tier"),
        render=_grade,
        value=lambda customer: customer.grade,
        card="badge",
        css="cell-tier",
    ),
    Badge("lifecycle_stage", render=lifecycle_badge, card="meta", sort=True),
    Html(
        "last_activity_at",
        label=_("Last follow-up"),
        render=_last_follow_up,
        sort="last_activity_at",
        card="subtitle",
    ),
    FollowUp("next_follow_up_at", all_day="next_follow_up_all_day", sort=True),
    Person("owner", note=_shared, card="corner"),
    Text("region", label=_("Region"), shown=False),
    Html("tags", label=_("Tags"), render=_tags, value=_tag_names, shown=False, parts=True),
    Text("industry", shown=False),
    Badge("source", shown=False),
    Text("source_detail", shown=False),
    Text("team", shown=False),
    Badge("kind", shown=False),
    Number("size", shown=False),
    Html("phone", render=_phone, value=_plain_phone, shown=False, private=True),
    Text("email", shown=False, private=True),
    Text("address", shown=False, private=True),
    Text("website", shown=False),
    Text("uscc", shown=False),
    Text("external_id", shown=False),
    Badge("tier", shown=False),
    Badge("intent", shown=False),
    Date("first_deal_at", shown=False, sort=True),
    Date("created_at", label=pgettext_lazy("date", "Created"), shown=False, sort=True),
    Date("updated_at", label=_("Changed"), shown=False, sort=True),
]

CUSTOMERS = ListPage(
    model=Customer,
    queryset=customer_list,
    parts=with_labels,
    title=_("Customers"),
    icon="building",
    count_words=_customers,
    filters=CustomerFilters,
    columns=CUSTOMER_COLUMNS,
    joins_by_column=True,
    default_sort="-updated_at",
    views=[
        View(
            "mine",
            pgettext_lazy("customers", "Mine"),
            {"owner": "me"},
            sort="next_follow_up_at",
            icon="user",
            offered=_owns_customers,
        ),
        View("shared", _("Shared with me"), {"shared": "true"}, icon="share", offered=_owns_customers),
        View("tier-a", _("Tier A"), {"tier": "A"}, icon="star"),
        View(
            "silent",
            _("No follow-up in 14 days"),
            {"silent_days": 14},
            sort="last_activity_at",
            icon="history",
        ),
        View("no-next", _("No next follow-up"), {"next_follow_up_at": "none"}, icon="calendar-off"),
        View("new", _("New in 7 days"), {"created_at": "last_7"}, sort="-created_at", icon="sparkles"),
        View(
            "next-two-weeks",
            _("Next 2 weeks"),
            {"next_follow_up_at": "next_14"},
            sort="next_follow_up_at",
            icon="calendar-due",
        ),
    ],
    bulk=[TRANSFER, TAG, PLAN, SET_FIELD, DELETE],
    resource=CustomerResource,
    empty=Empty(
        title=_("No customers yet"),
        text=_("Three fields are enough for the first one, or bring them all in from your spreadsheet."),
        label=_("New customer"),
        url_name="customer_create",
    ),
    search_hint=_("Search this view"),
    new="customer_create",
    new_label=_("New customer"),
    peek="customer_peek",
    row_expand="customer_follow_up",
    expand_offered=_writes_follow_ups,
    row_actions=quick_call,
    row_class=_late,
    search_note="industry",
    palette=Found("name", "owner__name"),
    links=[
        ("contact_list", _("Contacts"), "users", "view", Contact),
        ("data_quality", _("Duplicates"), "copy", "merge"),
        ("customer_bin_list", _("Bin"), "trash", "delete"),
    ],
)

CUSTOMER_BIN = bin_of(
    CUSTOMERS,
    customer_bin,
    Link("name", label=_("Customer"), sort="name_sort", sub="industry"),
    Person("owner", card="meta"),
)

CONTACTS = ListPage(
    model=Contact,
    links=[
        ("customer_list", _("Customers"), "building", "view", Customer),
        ("contact_bin_list", _("Bin"), "trash", "delete"),
    ],
    queryset=contact_list,
    title=_("Contacts"),
    icon="users",
    count_words=_contacts,
    filters=ContactFilters,
    bulk=[
        SetField(Contact, services.update_contact),
        Delete(services.delete_contact, services.restore_contact),
    ],
    resource=ContactResource,
    cards="contact_cards",
    columns=[
        Link("name", label=_("Name"), sort="name_sort", sub="title"),
        Related("customer", card="subtitle"),
        Badge("role", kinds=ROLE_KINDS, card="badge"),
        Html(
            "phone",
            render=_phone,
            value=_plain_phone,
            private=True,
            card="meta",
        ),
        Text("email", private=True),
        Text("wechat", private=True, shown=False),
        Text("department", shown=False),
        Flag("is_primary", label=_("Main contact"), shown=False),
        Date("last_activity_at", label=_("Last follow-up"), sort=True),
        Person("owner", label=_("Owner"), value=lambda contact: contact.customer.owner),
        Date("created_at", label=pgettext_lazy("date", "Created"), shown=False, sort=True),
        Date("updated_at", label=_("Changed"), shown=False, sort=True),
    ],
    empty=Empty(
        title=_("No contacts yet"),
        text=_("Add them on a customer's page, or bring them in from your spreadsheet."),
        label=_("Customers"),
        url_name="customer_list",
    ),
    row_actions=quick_call,
    search_note="customer",
    palette=Found("name", "customer__name", parent="customer"),
)

CONTACT_BIN = bin_of(
    CONTACTS,
    contact_bin,
    Link("name", label=_("Name"), sort="name_sort", sub="title"),
    Related("customer", card="subtitle"),
    Person("owner", label=_("Owner"), value=lambda contact: contact.customer.owner, card="meta"),
)
