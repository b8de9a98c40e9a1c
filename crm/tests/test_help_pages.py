"""Every page there is has a help, and the list of those that need none is kept short."""

from crm.console.help import topic_of
from crm.tests.routes import ROUTES

# Signing in and out, answers to programs, and parts of pages that never stand alone.
NO_PAGE = {
    "account_change_password",
    "account_logout",
    "account_reauthenticate",
    "account_reset_password_from_key",
    "board_target",
    "help_panel",
    "metrics",
    "palette",
    "people_suggest",
    "pinned_counts",
    "unsubscribe",
}


def test_every_page_has_a_help():
    asked = {
        name
        for name, route in ROUTES.items()
        if route.method == "get" and not route.public and not name.startswith("api-")
    }
    # Routes that only take POST stand in the table without data: they end in what they do.
    deeds = {
        name
        for name in asked
        if name.endswith(("_end", "_add", "_decide", "_undo", "_withdraw", "_record", "_discard"))
    }
    missing = {name for name in asked - deeds - NO_PAGE if not topic_of(name)}
    assert not missing, "write templates/help/<name>.html for these (crm/console/help.py says which name)"
    assert set(ROUTES) >= NO_PAGE
