"""The source tree as the tests about it see it: layers, files, templates."""

import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("crm", "accounts", "sales", "service", "marketing", "reports")

# Folders below templates/ and the package whose pages they are. Files directly in templates/ and the shell's folders
# belong to the ground: every layer extends them.
TEMPLATE_OWNERS = {
    "": "crm.core",
    "components": "crm.core",
    "layouts": "crm.core",
    "listing": "crm.listing",
    "imports": "crm.console",
    "exports": "crm.console",
    "automation": "crm.automation",
    "account": "crm.console",
    "approvals": "crm.console",
    "mfa": "crm.console",
    "admin": "crm.console",
    "console": "crm.console",
    "help": "crm.console",
    "settings": "crm.console",
    "unfold": "crm.console",
    "accounts": "accounts",
    "activities": "accounts",
    "record": "crm.listing",
    "today": "accounts",
}


@lru_cache(maxsize=1)
def heights() -> dict[str, int]:
    """Package → height in the tower as pyproject.toml gives it to import-linter; siblings share one."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = config["tool"]["importlinter"]["contracts"][0]["layers"]
    return {
        package.strip(): height
        for height, layer in enumerate(reversed(layers))
        for package in layer.replace(":", "|").split("|")
    }


def package_of(module: str) -> str:
    """The layer a module lies in (`crm.listing.columns` → `crm.listing`), empty for code that is not ours."""
    parts = module.split(".")
    for length in (2, 1):
        package = ".".join(parts[:length])
        if package in heights():
            return package
    return ""


def may_know(upper: str, lower: str) -> bool:
    """Whether a package may name another one: itself, or one below; siblings never."""
    return upper == lower or heights()[upper] > heights()[lower]


def python_files(*, tests: bool = False) -> Iterator[Path]:
    """Our Python files, without tests and migrations unless asked for."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).parts
            if "migrations" in parts or (not tests and "tests" in parts):
                continue
            yield path


def template_files() -> Iterator[Path]:
    """Every template."""
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in {".html", ".txt", ".svg"} and path.is_file():
            yield path


def owner_of(template: str) -> str:
    """The package whose pages a template belongs to; a KeyError asks to name the owner of a new folder."""
    folder = template.split("/")[0] if "/" in template else ""
    if folder in TEMPLATE_OWNERS:
        return TEMPLATE_OWNERS[folder]
    if folder in heights():
        return folder
    raise KeyError(f"crm/tests/source.py does not say to which package templates/{folder}/ belongs")
