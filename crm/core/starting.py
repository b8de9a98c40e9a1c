"""A start without detours: what is only being loaded is no garbage, so nobody looks for some in it."""

import gc

from django.urls import get_resolver


def begin() -> None:
    """Leave the collector off until everything is loaded; it would take a third of the start."""
    gc.disable()


def done() -> None:
    """From now on collect; what is loaded stays for ever, out of the collector's sight."""
    gc.freeze()
    gc.enable()


def before_forking() -> None:
    """Load what every forked process will soon ask for, so that they share it."""
    from crm.core import pinyin

    get_resolver().url_patterns  # noqa: B018 - reading it loads all views
    pinyin.load()
    done()
