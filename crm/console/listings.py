"""The lists of people, teams and events."""

from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from crm.console import queries
from crm.console.event_words import change_words, origin_words, subject_words
from crm.console.filters import EventFilters, FieldFilters, SectionFilters, TeamFilters, UserFilters
from crm.core import formats
from crm.core.phone import format_phone
from crm.core.templatetags.ui import badge
from crm.events.models import Event
from crm.identity.access import is_administrator
from crm.identity.models import Role, Team, User
from crm.listing.columns import Badge, Date, Html, Link, Look, Number, Person, Related, Text
from crm.listing.declare import ListPage, View
from crm.records.models import CustomField, RecordSection, Tag


def _state(user: User, look: Look) -> str:
    return badge(gettext("Active"), "ok") if user.is_active else badge(gettext("Left"), "")


def _state_words(user: User) -> str:
    return gettext("Active") if user.is_active else gettext("Left")


def _phone(user: User, look: Look) -> str:
    return format_phone(user.phone) if _may_reach(user, look) else ""


def _email(user: User, look: Look) -> str:
    return user.email if _may_reach(user, look) else ""


def _may_reach(user: User, look: Look) -> bool:
    """Contact data of colleagues is for administrators, as in the API."""
    return user.pk == look.user.pk or is_administrator(look.user)


def _what(event: Event, look: Look) -> str:
    return format_html('<b title="{}">{}</b>', event.name, event.title)


def _changes(event: Event, look: Look) -> str:
    return format_html('<span class="cell-cut">{}</span>', change_words(event))


USERS = ListPage(
    model=User,
    queryset=queries.user_list,
    title=_("All members"),
    filters=UserFilters,
    search=("name", "username", "name_sort"),
    columns=[
        Link("name", sort="name_sort", sub="username"),
        Related("team", label=_("Team"), sort="team__name", card="subtitle"),
        Text("role", label=_("Role"), sort="role__position", card="meta"),
        Html("phone", render=_phone, value=lambda user: user.phone, private=True),
        Html("email", render=_email, value=lambda user: user.email, private=True),
        Html(
            "is_active", label=_("State"), render=_state, value=_state_words, sort="is_active", card="badge"
        ),
        Date("last_login", label=_("Last sign-in"), sort="last_login"),
        Date("joined_at", sort="joined_at", shown=False),
    ],
    views=[
        View("active", _("Active"), {"is_active": "true"}, icon="user-check"),
        View("former", _("Left"), {"is_active": "false"}, icon="user-off"),
    ],
    default_sort="name_sort",
    icon="users",
    count_words=lambda number, n: ngettext("%(n)s person", "%(n)s people", n) % {"n": number},
    links=[("organisation", _("Organisation"), "sitemap")],
    links_for=lambda user: is_administrator(user),
)

TEAMS = ListPage(
    model=Team,
    queryset=queries.team_list,
    title=_("All teams"),
    filters=TeamFilters,
    search=("name",),
    columns=[
        Link("name", sort="name"),
        Badge("kind", kinds={Team.Kind.POOL: "teal"}, card="badge"),
        Related("parent", label=_("Belongs to"), sort="parent__name", card="subtitle"),
        Person("leader", label=_("Leader"), card="meta"),
        Number("people", label=_("People")),
    ],
    default_sort="name",
    icon="users-group",
    count_words=lambda number, n: ngettext("%(n)s team", "%(n)s teams", n) % {"n": number},
    links=[("organisation", _("Organisation"), "sitemap")],
    links_for=lambda user: is_administrator(user),
)

ROLES = ListPage(
    model=Role,
    queryset=queries.role_list,
    title=_("Roles and rights"),
    search=("slug", "name_en", "name_zh"),
    columns=[Link("slug"), Text("name_zh"), Text("name_en")],
    default_sort="position",
    exportable=False,
)

TAGS = ListPage(
    model=Tag,
    queryset=queries.tag_list,
    title=_("Tags"),
    search=("name", "name_sort", "group"),
    columns=[Link("name", sort="name_sort"), Text("group", sort="group")],
    default_sort="name_sort",
    exportable=False,
)

CUSTOM_FIELDS = ListPage(
    model=CustomField,
    queryset=queries.field_list,
    title=_("Custom fields"),
    filters=FieldFilters,
    search=("key", "label_zh", "label_en"),
    columns=[Link("key", sort="key"), Text("label_zh"), Text("label_en"), Text("kind")],
    default_sort="id",
    exportable=False,
    in_search=False,
)

RECORD_SECTIONS = ListPage(
    model=RecordSection,
    queryset=queries.section_list,
    title=_("Sections"),
    filters=SectionFilters,
    search=("label_zh", "label_en"),
    columns=[Link("label_zh"), Text("label_en")],
    default_sort="position",
    exportable=False,
    in_search=False,
)

EVENTS = ListPage(
    model=Event,
    queryset=queries.event_list,
    title=_("Audit log"),
    filters=EventFilters,
    search=("actor_name", "subject_id"),
    in_search=False,
    columns=[
        Html("name", label=_("What"), render=_what, value=lambda e: e.title, fixed=True, card="title"),
        Html(
            "at",
            label=_("When"),
            render=lambda e, look: formats.exact(e.at),
            value=lambda e: e.at,
            sort="at",
            card="right",
        ),
        Text("actor_name", label=_("Who"), card="subtitle"),
        Html(
            "origin",
            label=_("Through"),
            render=lambda e, look: origin_words(e),
            value=origin_words,
            card="meta",
        ),
        Html("subject", label=_("Record"), render=lambda e, look: subject_words(e), value=subject_words),
        Html("changes", label=_("Details"), render=_changes, value=change_words),
    ],
    default_sort="-at",
    icon="history",
    count_words=lambda number, n: ngettext("%(n)s entry", "%(n)s entries", n) % {"n": number},
    search_hint=_("Search"),
    exportable=False,
)
