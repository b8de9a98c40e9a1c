"""What the frame around every page shows: modules, pinned views, recent records, the person's own menu."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from crm.automation.queries import unread_count
from crm.console import queries
from crm.console.help import GENERAL
from crm.console.sections import address, sections_for
from crm.core.hooks import hooks
from crm.identity.access import has_verb
from crm.identity.models import User
from crm.listing.palette import lists_for
from crm.listing.registry import page_of_model


@dataclass(frozen=True)
class Item:
    """A place to go to or a thing to make: shown where its page exists and the person's role has the verb."""

    key: str
    label: str | Promise
    icon: str
    url_name: str
    model: str = ""  # one kind of record, or several between blanks: one of them is enough
    verb: str = "view"
    drawer: bool = False
    letter: str = ""  # G and this letter go there
    named: bool = False  # its form takes the new record's name from the address
    also: str = ""  # URL name of another page that belongs to it
    under: str = ""  # the module it is a face of: there it is reached, and there one is while it is open


MODULES = (
    Item("today", pgettext_lazy("module", "Today"), "sun", "today", letter="t"),
    Item("customers", _("Customers"), "building", "customer_list", "accounts.customer", letter="c"),
    Item("leads", _("Leads"), "user-plus", "lead_list", "sales.lead", letter="l"),
    Item(
        "opportunities",
        _("Opportunities"),
        "layout-kanban",
        "opportunity_list",
        "sales.opportunity",
        letter="o",
    ),
    Item(
        "orders",
        pgettext_lazy("module", "Contracts"),
        "file-certificate",
        "order_list",
        "sales.order",
        letter="h",
    ),
    Item("quotes", _("Quotes"), "file-invoice", "quote_list", "sales.quote", under="orders"),
    Item("payments", _("Payments"), "cash", "payment_list", "sales.paymentplan", under="orders"),
    Item("receipts", _("Receipts"), "receipt", "receipt_list", "sales.receipt", under="payments"),
    Item("invoices", _("Invoices"), "file-invoice", "invoice_list", "sales.invoice", under="payments"),
    Item("contacts", _("Contacts"), "user-circle", "contact_list", "accounts.contact", under="customers"),
    Item("activities", _("Follow-ups"), "message-2", "activity_list", "accounts.activity", under="today"),
    Item(
        "approvals", _("Approvals"), "clipboard-check", "approvals", "approvals.approvalrequest", letter="a"
    ),
    Item(
        "reports",
        _("Reports"),
        "chart-histogram",
        "report_list",
        "sales.opportunity sales.paymentplan",
        letter="r",
        also="dashboard",
    ),
)
DAILY = ("today", "customers", "opportunities")
OF_THE_BOSS = ("today", "approvals", "reports")
BOSS = "executive"
# Stands first among the pinned views of whoever has it.
FIRST_PINNED = (Item("pool", _("Public pool"), "inbox", "pool", "sales.pool"),)
NEW = (
    Item(
        "customers",
        _("New customer"),
        "building",
        "customer_create",
        "accounts.customer",
        "add",
        True,
        named=True,
    ),
    Item("leads", _("New lead"), "user-plus", "lead_create", "sales.lead", "add", True),
    Item(
        "opportunities",
        _("New opportunity"),
        "layout-kanban",
        "opportunity_create",
        "sales.opportunity",
        "add",
        True,
    ),
    Item("quotes", _("New quote"), "file-invoice", "quote_create", "sales.quote", "add", True),
    Item("orders", _("New contract"), "file-certificate", "order_create", "sales.order", "add", True),
    Item("today", _("Write a follow-up"), "note", "follow_up_write", "accounts.activity", "add", True),
    Item("activities", _("New task"), "checkbox", "activity_create", "accounts.activity", "add", True),
    Item("imports", _("Import from Excel"), "file-import", "import_new", "accounts.customer", "import"),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """The `shell` of every template, made only where a template reads it; its shape stands in layouts/app.html."""
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    common = {
        "company_name": queries.company_name(),
        "language": "zh-hans" if (get_language() or "").startswith("zh") else "en",
        "preferences_url": address("preferences"),
        "search_url": address("search"),
        "theme": "auto",
    }
    if user is None or not user.is_authenticated:
        return common
    new = _offered(NEW, user, request.path)
    places = _offered(MODULES, user, request.path)
    own = next((item["key"] for item in places if item["current"]), "")
    nav = _top(places)
    _count(nav, user)
    default = next((item for item in new if item["key"] == own), new[0] if new else None)
    return common | {
        "nav": nav,
        "pinned": [*_offered(FIRST_PINNED, user, request.path), *queries.pinned_views(user)],
        "pinned_url": address("customer_views") if any(item["key"] == "customers" for item in nav) else "",
        "pinned_counts_url": address("pinned_counts"),
        "pinned_order_url": address("pinned_arrange"),
        "unread": unread_count(user),
        **_at_hand(user),
        "settings": {
            "label": pgettext_lazy("sidebar", "Settings"),
            "url": address("settings"),
            "sections_url": address("settings_sections"),
            "current": request.path.startswith("/settings/"),
        },
        "settings_sections": SimpleLazyObject(
            lambda: sections_for(user, request.path, request.GET.get("section", "")[:100])
        ),
        "new_default": default and {**default, "icon": "plus"},
        "new_menu": new,
        "palette_url": address("palette"),
        "palette_lists": [{"key": one.key, "label": one.title} for one in lists_for(user)],
        "phone_nav": _on_phone(nav, OF_THE_BOSS if user.role_id and user.role.slug == BOSS else DAILY),
        "user": user,
        "user_role": str(user.role) if user.role_id else "",
        "theme": user.theme,
        "shortcuts_off": not user.shortcuts,
        "profile_url": address("settings"),
        "work_url": address("my_work"),
        "welcome_url": address("welcome"),
        "display_url": address("settings_display"),
        "help_url": reverse("help_panel", args=[_page(request)]),
        "logout_url": address("account_logout"),
        "notifications_url": address("notification_list"),
    }


def _page(request: HttpRequest) -> str:
    """The name of the present page, by which its help is found."""
    match = request.resolver_match
    return match.url_name if match and match.url_name and not match.namespaces else GENERAL


def _top(places: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The modules of the sidebar: what is a face of another one stands there, unless that one is closed to the person."""
    keys = {item["key"] for item in places}
    for item in reversed(places):
        above = next((one for one in places if one["key"] == item["under"]), None)
        if above is not None and item["current"]:
            above["current"] = True
    return [item for item in places if item["under"] not in keys]


def _on_phone(nav: list[dict[str, Any]], daily: tuple[str, ...]) -> list[dict[str, Any]]:
    """The three modules beside the plus of a phone: those of daily work, else the first ones."""
    chosen = [item for item in nav if item["key"] in daily]
    return [*chosen, *(item for item in nav if item not in chosen)][:3]


def _at_hand(user: User) -> dict[str, Any]:
    found = queries.records_at_hand(user)
    return {
        "starred": [_link(record) for record in found.starred],
        "starred_keys": found.keys,
        "recent": [_link(record) for record in found.recent],
    }


def _link(record: Any) -> dict[str, str]:
    return {"label": str(record), "icon": _icon(record), "url": record.get_absolute_url()}


def offered_new(request: HttpRequest) -> list[dict[str, Any]]:
    """What a person may make, in the order of the "+ New" menu."""
    return _offered(NEW, request.user, request.path)


def offered_modules(request: HttpRequest) -> list[dict[str, Any]]:
    """The modules a person may open."""
    return _offered(MODULES, request.user, request.path)


def _offered(items: Iterable[Item], user: User, path: str) -> list[dict[str, Any]]:
    found = []
    for item in items:
        url = address(item.url_name)
        if not url or (item.model and not _allowed(item, user)):
            continue
        found.append(
            {
                "key": item.key,
                "label": item.label,
                "icon": item.icon,
                "url": url,
                "drawer": item.drawer,
                "letter": item.letter,
                "named": item.named,
                "under": item.under,
                "current": path == url
                or (url != "/" and path.startswith(url))
                or bool(item.also and path.startswith(address(item.also))),
            }
        )
    return found


def _allowed(item: Item, user: User) -> bool:
    try:
        return any(has_verb(user, item.verb, apps.get_model(one)) for one in item.model.split())
    except LookupError:
        return False


def _count(nav: list[dict[str, Any]], user: User) -> None:
    """Numbers beside the modules come from the apps above: a panel of the slot "nav" with the module's key."""
    panels = {panel.key: panel for panel in hooks.panels_of("nav")}
    for item in nav:
        if panel := panels.get(item["key"]):
            item["count"] = (panel.load(user=user) or {}).get("count")


def _icon(record: Any) -> str:
    page = page_of_model(type(record))
    return getattr(page, "icon", "building")
