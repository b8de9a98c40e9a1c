"""`bin/mutations` counts a test only when it fails because the call is gone."""

from types import SimpleNamespace
from typing import Any

import pytest

from crm.tests.mutating import Gates, Kept, Runner, Site

SITE = Site("a/b.py", "may", "look", 1, 0)


class Played(Runner):
    """Runs whose answers are given, and which remember for each whether the site stood open."""

    def __init__(self, *passes: bool) -> None:
        super().__init__(SimpleNamespace(items=[SimpleNamespace(nodeid="test")]), Gates([SITE]), Kept(""))  # type: ignore[arg-type]
        self.passes, self.stood_open = iter(passes), []  # type: ignore[var-annotated]

    def run(self, item: Any) -> tuple[bool, float]:
        self.stood_open.append(self.gates.open_site is SITE)
        return next(self.passes), 0.0


@pytest.mark.parametrize(
    ("passes", "noticed"),
    [
        ([False, True, False], "test"),  # fails without the call alone
        ([True], ""),  # misses nothing
        ([False, False], ""),  # fails for a reason of its own
        ([False, True, True], ""),  # failed once by chance
    ],
)
def test_a_test_that_fails_for_its_own_reason_has_noticed_nothing(passes: list[bool], noticed: str):
    runner = Played(*passes)
    assert runner.first_failure(SITE, ["test"]) == noticed
    assert runner.stood_open == [True, False, True][: len(passes)]
    assert runner.gates.open_site is None
