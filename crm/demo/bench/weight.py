"""What a browser receives: everything of a first visit, and the part of a list that a change swaps."""

import gzip
import re
from pathlib import Path

from django.conf import settings

from crm.demo.bench.company import viewers
from crm.demo.bench.figures import Figure
from crm.demo.bench.lists import signed_in

ASSET = re.compile(r"""(?:href|src|xlink:href)="(/static/[^"#?]+)""")
IN_STYLE = re.compile(r"""url\(["']?([^"')#?]+)""")


def measure() -> list[Figure]:
    """A salesperson's first visit to the list, and a sort."""
    client = signed_in(viewers()["salesperson"])
    page = client.get("/customers/").content
    files = assets(page.decode())
    whole = packed(page) + sum(map(sent, files))
    plain = len(page) + sum(file.stat().st_size for file in files)
    change = client.get("/customers/?sort=name", headers={"hx-request": "true", "hx-target": "list"}).content
    return [
        Figure("weight", "first visit, compressed", whole / 1000, "kB", plain / 1000, "uncompressed", 350),
        Figure(
            "weight",
            "change of the list, compressed",
            packed(change) / 1000,
            "kB",
            packed(page) / 1000,
            "page",
            30,
        ),
    ]


def assets(html: str) -> set[Path]:
    """The static files a page loads, with those its style sheets load in turn."""
    root = Path(settings.STATIC_ROOT)
    found = {root / address.removeprefix(settings.STATIC_URL) for address in ASSET.findall(html)}
    for style in [file for file in found if file.suffix == ".css"]:
        inner = IN_STYLE.findall(style.read_text())
        found |= {(style.parent / name).resolve() for name in inner if not name.startswith("data:")}
    return {file for file in found if file.is_file()}


def sent(file: Path) -> int:
    """The size of a file as WhiteNoise sends it to a browser of today."""
    brotli = file.with_name(file.name + ".br")
    return (brotli if brotli.exists() else file).stat().st_size


def packed(body: bytes) -> int:
    """The size of a page as the proxy sends it."""
    return len(gzip.compress(body, 6))
