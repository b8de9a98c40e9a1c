"""The sections of the settings page: one searchable list, the person's own first."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.identity.access import has_verb, is_administrator
from crm.identity.models import User
from crm.identity.queries import leads_a_team

GROUPS = OWN, PEOPLE, COMPANY = _("My own"), _("People and rights"), _("Company")


@dataclass(frozen=True)
class Section:
    """One page of the settings; `words` are what else people may look for."""

    url_name: str
    group: str | Promise
    label: str | Promise
    icon: str
    words: str | Promise = ""
    administrators: bool = True
    needs: tuple[str, str] = ("", "")  # the verb and the kind of record without which it is of no use
    leaders: bool = False  # for those who lead a team, too
    also: str = ""  # where pages of the section stand whose address does not begin with its own


SECTIONS = (
    Section("settings", OWN, _("Profile"), "user", _("name e-mail mobile phone"), False),
    Section("settings_password", OWN, _("Password"), "lock", _("sign-in security log out"), False),
    Section(
        "settings_sessions",
        OWN,
        _("Signed-in devices"),
        "device-mobile",
        _("sessions sign out remote security"),
        False,
    ),
    Section(
        "mfa_index",
        OWN,
        _("Second factor"),
        "shield-lock",
        _("two-factor authenticator app recovery codes security"),
        False,
    ),
    Section("covers", OWN, _("Temporary cover"), "user-share", _("away holiday absence substitute"), False),
    Section(
        "settings_display",
        OWN,
        _("Language and display"),
        "adjustments-horizontal",
        _("time zone theme dark light keyboard shortcuts English"),
        False,
    ),
    Section(
        "notification_preferences",
        OWN,
        _("Notifications"),
        "bell",
        _("e-mail reminders messages bell"),
        False,
    ),
    Section("settings_tokens", OWN, _("API tokens"), "key", _("integration program key interface"), False),
    Section(
        "import_list",
        OWN,
        _("Imports"),
        "file-import",
        _("Excel sheets upload"),
        False,
        ("import", "accounts.customer"),
    ),
    Section("first_run", COMPANY, _("Getting started"), "checkbox", _("first steps checklist set up")),
    Section(
        "organisation",
        PEOPLE,
        _("Organisation and members"),
        "sitemap",
        _("departments teams people import"),
    ),
    Section("user_list", PEOPLE, _("All members"), "users", _("people users list former")),
    Section("team_list", PEOPLE, _("All teams"), "users-group", _("departments list leader")),
    Section(
        "roles", PEOPLE, _("Roles and rights"), "shield-lock", _("permissions scope verbs who sees what")
    ),
    Section("company", COMPANY, _("Company details"), "building", _("name logo short")),
    Section(
        "calendar", COMPANY, _("Business calendar"), "calendar", _("holidays working days make-up hours")
    ),
    Section(
        "fields",
        COMPANY,
        _("Fields and pages"),
        "list-details",
        _("custom fields columns sections layout required"),
    ),
    Section("pools", COMPANY, _("Public pools"), "inbox", _("recycle claim limits protection members")),
    Section(
        "assignment",
        COMPANY,
        _("Assignment of leads"),
        "user-share",
        _("rules groups round robin weight territory skill"),
    ),
    Section(
        "approval_flows",
        COMPANY,
        _("Approval flows"),
        "clipboard-check",
        _("who approves steps conditions amounts discount order export"),
    ),
    Section(
        "robots",
        COMPANY,
        _("Group robots"),
        "message",
        _("WeCom DingTalk Feishu webhook group chat"),
        leaders=True,
    ),
    Section(
        "pipelines",
        COMPANY,
        _("Pipelines and stages"),
        "layout-kanban",
        _("sales process probability forecast rotting required fields opportunities"),
        also="/settings/stages/",
    ),
    Section(
        "lead_conversion",
        COMPANY,
        _("Conversion of leads"),
        "user-check",
        _("fields mapping customer contact opportunity"),
    ),
    Section("lead_score", COMPANY, _("Lead score"), "gauge", _("learned probability AUC calibration rules")),
    Section("web_forms", COMPANY, _("Web forms"), "file-text", _("landing page leads embed consent site")),
    Section("tags", COMPANY, _("Tags"), "tag", _("labels colours")),
    Section("numbering", COMPANY, _("Numbering"), "hash", _("numbers of quotes orders contracts")),
    Section(
        "letterhead",
        COMPANY,
        _("Letterhead and seal"),
        "file-certificate",
        _("logo stamp bank quotes contracts"),
    ),
    Section("tax_rates", COMPANY, _("Tax rates"), "receipt", _("VAT value-added tax")),
    Section(
        "admin:records_exchangerate_changelist",
        COMPANY,
        _("Exchange rates"),
        "cash",
        _("currencies dollar euro foreign currency"),
    ),
    Section(
        "system", COMPANY, _("System"), "activity", _("queues workers tasks failures storage backup health")
    ),
    Section("event_list", COMPANY, _("Audit log"), "history", _("events who changed what sign-ins exports")),
    Section("admin:index", COMPANY, _("Administration"), "settings", _("Django admin database")),
)


def sections_for(user: User, path: str = "", q: str = "") -> dict[str, Any]:
    """The sections a person may open, grouped, with the one at a path marked and narrowed to what matches a search."""
    needle = q.strip().casefold()
    rows = [
        {
            "group": section.group,
            "label": section.label,
            "icon": section.icon,
            "url": address(section.url_name),
            "also": section.also or address(section.url_name),
            "current": False,
            "words": f"{section.label} {section.words} {section.group}".casefold(),
        }
        for section in _open_to(user)
    ]
    start = address(SECTIONS[0].url_name)
    here = [
        row
        for row in rows
        if row["url"] == path or (row["url"] != start and path.startswith((row["url"], row["also"])))
    ]
    current = max(here, key=lambda row: len(row["url"]), default=None)
    if current:
        current["current"] = True
    shown = [row for row in rows if needle in row["words"]]
    return {
        "label": current["label"] if current else "",
        "q": q,
        "groups": [
            {"label": group, "rows": held}
            for group in GROUPS
            if (held := [row for row in shown if row["group"] is group])  # by name each would be translated
        ],
    }


def _open_to(user: User) -> list[Section]:
    may_all = is_administrator(user)
    leads = may_all or leads_a_team(user)
    return [
        section
        for section in SECTIONS
        if (not section.administrators or may_all or (section.leaders and leads))
        and _of_use(section, user)
        and address(section.url_name)
    ]


def _of_use(section: Section, user: User) -> bool:
    verb, label = section.needs
    try:
        return not verb or has_verb(user, verb, apps.get_model(label))
    except LookupError:
        return False


@lru_cache(maxsize=128)
def address(name: str) -> str:
    """The address of a named page, empty where no installed app has it."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
