"""docs/configuration.md lists every setting with its type and default, and no other."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NAME = re.compile(r"\b(?:CRM_[A-Z_]+|DATABASE_URL|DATABASE_OWNER_URL|REDIS_URL|EMAIL_URL)\b")
COMPUTED = {"CRM_DATA_DIR", "CRM_SECRET_KEY", "DATABASE_OWNER_URL", "CRM_LOG_LEVEL", "CRM_LOG_READABLE"}


def documented() -> dict[str, tuple[str, str]]:
    rows = re.findall(
        r"^\| `([A-Z_]+)` \| (\w+) \| (.+?) \| .+ \|$", (ROOT / "docs/configuration.md").read_text(), re.M
    )
    return {name: (kind, default.strip("`")) for name, kind, default in rows}


def read_by_settings() -> dict[str, tuple[str, object]]:
    found = {}
    for node in ast.walk(ast.parse((ROOT / "crm/settings.py").read_text())):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="env"), attr=kind),
                args=[ast.Constant(value=str(name)), *_],
            ):
                default = next(word.value for word in node.keywords if word.arg == "default")
                known = isinstance(default, ast.Constant | ast.List)
                if kind != "str" or name not in found:  # the more telling type of one that is read twice
                    found[name] = (kind, ast.literal_eval(default) if known else None)
    return found


def test_every_setting_is_documented_with_its_type_and_default() -> None:
    known = documented()
    for name, (kind, default) in read_by_settings().items():
        assert name in known, f"{name} is missing in docs/configuration.md"
        assert known[name][0] == kind, name
        if default is None or name in COMPUTED:
            continue
        text = ",".join(default) if isinstance(default, list) else str(default)
        assert known[name][1] == (text or "none"), name


def test_nothing_is_read_that_is_not_documented() -> None:
    places = [ROOT / "crm/settings.py", ROOT / "gunicorn.conf.py", ROOT / "docker-compose.yml"]
    places += [ROOT / "conftest.py", *(ROOT / "bin/_yuanke").glob("*.py")]
    places += [file for app in ("crm", "accounts") for file in (ROOT / app).rglob("*.py")]
    inside_compose = {"CRM_SITE", "CRM_OWNER_PASSWORD", "CRM_APP_PASSWORD"}
    read = {name for file in places if file != Path(__file__) for name in NAME.findall(file.read_text())}
    assert read - inside_compose <= set(documented())
    assert set(documented()) <= read


def test_mixed_totals_stand_in_the_currency_the_company_chose() -> None:
    asked = "from crm.core.money import Money, total; found = total([Money(1, 'CNY'), Money(1, 'EUR')], lambda *_pair: 2)"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "crm.settings", "CRM_BASE_CURRENCY": "EUR"}
    done = subprocess.run(
        [sys.executable, "-c", f"{asked}; print(found.money)"],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "Decimal('3.00'), currency='EUR'" in done.stdout
