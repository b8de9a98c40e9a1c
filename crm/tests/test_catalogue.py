"""Every visible string exists in Chinese and English."""

import polib
import pytest

from crm.core.messages import Verdict, find_messages, judge
from crm.tests.source import ROOT

CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    catalogue = polib.pofile(str(CATALOGUE)) if CATALOGUE.exists() else polib.POFile()
    return judge(find_messages(ROOT), catalogue)


def test_every_string_has_its_chinese(verdict: Verdict) -> None:
    missing = [f"{message.msgid!r} ({min(message.places)})" for message in verdict.missing]
    assert not missing, f"{len(missing)} without translation (bin/manage messages --missing): " + ", ".join(
        missing[:40]
    )


def test_translations_use_the_values_of_the_source(verdict: Verdict) -> None:
    wrong = [f"{entry.msgid!r} → {entry.msgstr or entry.msgstr_plural!r}" for entry in verdict.mismatched]
    assert not wrong, ", ".join(wrong)


def test_the_catalogue_holds_nothing_that_is_gone(verdict: Verdict) -> None:
    assert not verdict.obsolete, "bin/manage messages --update drops: " + ", ".join(
        entry.msgid for entry in verdict.obsolete
    )
