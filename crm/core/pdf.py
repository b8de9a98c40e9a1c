"""HTML as PDF through WeasyPrint, with the Chinese fonts beside the data. Nothing is fetched from anywhere else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken

FONTS = {"NotoSansSC-Regular.ttf": 400, "NotoSansSC-Bold.ttf": 700}
FAMILY = "Noto Sans SC"


def pdf_of(html: str, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """The document as PDF; refused in words where the machine has no Pango.

    `pictures` are PNGs the document shows, by the address it calls them (`picture:seal`): there is no other way in.
    """
    try:
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration
    except OSError as error:  # the library is there, what it draws text with is not
        raise RuleBroken(
            _("This machine cannot make PDFs. Print the page instead."), code="no_pdf"
        ) from error
    folder = Path(settings.FONTS_DIR)
    fetcher = _only_ours(weasyprint.URLFetcher, folder, pictures or {})
    fonts = FontConfiguration()
    style = weasyprint.CSS(string=_faces(folder) + _print_style(), font_config=fonts, url_fetcher=fetcher)
    document = weasyprint.HTML(string=html, url_fetcher=fetcher)
    return document.write_pdf(stylesheets=[style], font_config=fonts)


def _only_ours(base: type[Any], folder: Path, pictures: Mapping[str, bytes]) -> Any:
    """What a document may load: our fonts and the pictures given with it, so that no text can make the server open an address."""
    allowed = {(folder / name).as_uri() for name in FONTS}

    class OnlyOurs(base):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url in pictures:
                return _given(pictures[url], url)
            if url not in allowed:
                raise ValueError(f"not loaded into a PDF: {url[:100]}")
            return super().fetch(url, headers)

    return OnlyOurs()


def _given(content: bytes, url: str) -> Any:
    from weasyprint.urls import URLFetcherResponse

    return URLFetcherResponse(url, body=content, headers={"Content-Type": "image/png"})


def _faces(folder: Path) -> str:
    return "".join(
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: {weight}; src: url("{(folder / name).as_uri()}"); }}\n'
        for name, weight in FONTS.items()
        if (folder / name).exists()
    )


def _print_style() -> str:
    path = finders.find("css/print.css")
    return Path(path).read_text(encoding="utf-8") if path else ""
