"""docs/security.md names a test for every attack on the list, and only tests that exist."""

import re

from django.conf import settings

LISTED = {*range(1, 21), 22, *range(25, 38), *range(39, 45), *range(48, 63), *range(64, 70)}


def rows() -> list[tuple[set[int], list[str]]]:
    """The numbers and the tests of each row."""
    text = (settings.BASE_DIR / "docs" / "security.md").read_text()
    table = text.split("## Attacks that the tests try")[1].split("\n## ")[0]
    found = [line.split("|") for line in table.splitlines() if re.match(r"\| \d", line)]
    return [
        ({int(n) for n in re.findall(r"\d+", cells[1])}, re.findall(r"`([^`]*/test_\w+\.py)`", cells[3]))
        for cells in found
    ]


def test_every_attack_on_the_list_is_tried():
    tried = set().union(*(numbers for numbers, _tests in rows()))
    assert LISTED - tried == set()


def test_every_attack_is_held_by_a_test_that_exists():
    for numbers, tests in rows():
        assert tests, f"nothing holds {sorted(numbers)}"
        for path in tests:
            assert "def test_" in (settings.BASE_DIR / path).read_text(), path
