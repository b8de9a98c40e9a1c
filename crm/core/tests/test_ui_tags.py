"""The small visual tags, and that every icon used anywhere is in the sprite's list."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpRequest, QueryDict

from crm.core.templatetags import ui

ROOT = Path(settings.BASE_DIR)
USED = [
    re.compile(r'{%\s*icon\s+"([a-z0-9-]+)"'),
    re.compile(r'\bicon(?:_name)?=(?:_\()?"([a-z0-9-]+)"'),
    re.compile(r'\bicon\("([a-z0-9-]+)"'),
    re.compile(r'"icon": "([a-z0-9-]+)"'),
]
SKIPPED = {"node_modules", ".venv", "var", "vendor", "tests"}


def sources() -> list[Path]:
    tops = [
        ROOT / name for name in ("templates", "crm", "accounts", "sales", "service", "marketing", "reports")
    ]
    found = [path for top in tops for kind in ("*.html", "*.py") for path in top.rglob(kind)]
    return [path for path in found if not SKIPPED.intersection(path.parts)]


def test_every_icon_used_is_in_the_list():
    known = ui.known_icons()
    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources()
        for pattern in USED
        for name in pattern.findall(path.read_text(encoding="utf-8"))
        if name not in known
    }
    assert not missing, f"add to static/icons/icons.txt: {sorted(missing)}"


def test_the_sprite_holds_the_list():
    sprite = ROOT / "static" / "vendor" / "icons.svg"
    if not sprite.exists():
        pytest.skip("the front-end files are not installed")
    ids = set(re.findall(r'<symbol id="([^"]+)"', sprite.read_text(encoding="utf-8")))
    assert ui.known_icons() <= ids


def test_an_unknown_icon_is_refused_in_tests():
    with pytest.raises(LookupError, match="no-such-icon"):
        ui.icon("no-such-icon")


def test_an_icon_is_decorative_unless_labelled():
    assert 'aria-hidden="true"' in ui.icon("phone")
    assert 'aria-label="Call"' in ui.icon("phone", label="Call")


@pytest.mark.parametrize(
    ("name", "length", "expected"),
    [
        ("林晓雯", 2, "晓雯"),
        ("林晓雯", 1, "雯"),
        ("吴倩", 2, "吴倩"),
        ("Erik Halden", 2, "EH"),
        ("admin", 2, "AD"),
        ("  ", 2, "?"),
        ("", 1, "?"),
    ],
)
def test_initials(name, length, expected):
    assert ui.initials(name, length) == expected


@pytest.mark.parametrize(
    ("name", "mark"),
    [("杭州云栖精密机械有限公司", "云栖"), ("Halden Marine Systems", "HS"), ("海尔", "海尔")],
)
def test_company_mark(name, mark):
    assert f">{mark}<" in ui.company_mark(name)


def test_names_are_escaped():
    assert "<script>" not in ui.avatar("<script>alert(1)</script>", label=True)
    assert "<b>" not in ui.badge("<b>")


@pytest.mark.parametrize(
    ("score", "band"),
    [(None, "grey"), (100, "green"), (70, "green"), (69, "yellow"), (40, "yellow"), (39, "red")],
)
def test_health_bands(score, band):
    assert ui.band_of(score) == band
    assert f"health-{band}" in ui.health(score)


def test_query_with_replaces_and_drops():
    request = HttpRequest()
    request.GET = QueryDict("owner=7&owner=8&q=abc&cursor=x")
    context = {"request": request}
    assert ui.query_with(context, without="owner=7 cursor") == "?owner=8&q=abc"
    assert ui.query_with(context, without="owner cursor q") == "?"
    assert ui.query_with(context, without="cursor owner", sort="-name") == "?q=abc&sort=-name"


def test_meter_and_sparkline_survive_odd_numbers():
    assert 'width="0.0%"' in ui.meter(3, 0)
    assert 'width="100.0%"' in ui.meter(300, 100)
    assert ui.sparkline([5]) == ""
    assert "polyline" in ui.sparkline([0, 0, 0])
