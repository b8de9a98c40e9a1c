"""The sections of the settings page: one searchable list, the person's own first."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.identity.access import has_verb
from crm.identity.models import Role, User

OWN, COMPANY, RECORDS = _("My own"), _("People and rights"), _("Company")


@dataclass(frozen=True)
class Section:
    """One page of the settings; `words` are what else people may look for."""

    url_name: str
    group: str | Promise
    label: str | Promise
    icon: str
    words: str | Promise = ""
    administrators: bool = True


SECTIONS = (
    Section("settings", OWN, _("Profile"), "user", _("name e-mail mobile phone"), False),
    Section("settings_password", OWN, _("Password"), "lock", _("sign-in security log out"), False),
    Section(
        "settings_display",
        OWN,
        _("Language and display"),
        "adjustments-horizontal",
        _("time zone theme dark light keyboard shortcuts English"),
        False,
    ),
    Section(
        "notification_settings", OWN, _("Notifications"), "bell", _("e-mail reminders messages bell"), False
    ),
    Section("settings_tokens", OWN, _("API tokens"), "key", _("integration program key interface"), False),
    Section("first_run", RECORDS, _("Getting started"), "checkbox", _("first steps checklist set up")),
    Section(
        "organisation",
        COMPANY,
        _("Organisation and members"),
        "sitemap",
        _("departments teams people import"),
    ),
    Section("user_list", COMPANY, _("All members"), "users", _("people users list former")),
    Section("team_list", COMPANY, _("All teams"), "users-group", _("departments list leader")),
    Section(
        "roles", COMPANY, _("Roles and rights"), "shield-lock", _("permissions scope verbs who sees what")
    ),
    Section("company", RECORDS, _("Company details"), "building", _("name logo short")),
    Section(
        "calendar", RECORDS, _("Business calendar"), "calendar", _("holidays working days make-up hours")
    ),
    Section("tags", RECORDS, _("Tags"), "tag", _("labels colours")),
    Section("audit_log", RECORDS, _("Audit log"), "history", _("events who changed what sign-ins exports")),
    Section("admin:index", RECORDS, _("Administration"), "settings", _("Django admin database")),
)


def is_administrator(user: User) -> bool:
    """Whether somebody manages people, rights and the company's settings."""
    return has_verb(user, "change", Role)


def sections_for(user: User, q: str = "") -> Iterator[dict[str, Any]]:
    """The sections a person may open, grouped, narrowed to what matches a search."""
    may_all = is_administrator(user)
    needle = q.strip().casefold()
    found = []
    for section in SECTIONS:
        if section.administrators and not may_all:
            continue
        if needle and needle not in f"{section.label} {section.words} {section.group}".casefold():
            continue
        try:
            url = reverse(section.url_name)
        except NoReverseMatch:
            continue
        found.append({"key": section.url_name, "group": section.group, "section": section, "url": url})
    found.sort(key=lambda one: [OWN, COMPANY, RECORDS].index(one["group"]))
    for group, rows in groupby(found, key=lambda one: one["group"]):
        yield {"label": group, "rows": list(rows)}


def render_settings(
    request: HttpRequest,
    template: str,
    section: str,
    context: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """A page of the settings inside their frame."""
    frame = {
        "section": section,
        "section_label": next(s.label for s in SECTIONS if s.url_name == section),
        "groups": list(sections_for(request.user)),
    }
    return render(request, template, {**frame, **(context or {})}, status=status)
