"""Small visual parts for templates: icons, avatars, badges, shapes, sparklines, query strings.

Everything returns ready HTML, so that list columns written in Python can call the very same functions.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from django import template
from django.conf import settings
from django.http import QueryDict
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

register = template.Library()

SPRITE = "vendor/icons.svg"
ICON_LIST = Path(settings.BASE_DIR) / "static" / "icons" / "icons.txt"
AVATAR_COLOURS = 7
_CJK = re.compile(r"[\u3400-\u9fff]")
_ICON_SIZES = {14: " icon-14", 16: " icon-16", 18: "", 20: " icon-20", 24: " icon-24"}


@lru_cache(maxsize=1)
def known_icons() -> frozenset[str]:
    """The names in static/icons/icons.txt, of which the sprite is made."""
    lines = ICON_LIST.read_text(encoding="utf-8").splitlines()
    return frozenset(name for line in lines if (name := line.split("#")[0].strip()))


@lru_cache(maxsize=4)
def _sprite(static_url: str) -> str:
    """The sprite's address: a page with fifty rows asks for it more than a hundred times."""
    return static(SPRITE)


@lru_cache(maxsize=1024)
def _icon(name: str, size: int, css: str, label: str, sprite: str) -> SafeString:
    classes = f"icon{_ICON_SIZES.get(size, '')} {css}".strip()
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}#{}"/></svg>',
            classes,
            label,
            sprite,
            name,
        )
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', classes, sprite, name)


@register.simple_tag
def icon(name: str, size: int = 18, css: str = "", label: str = "") -> SafeString:
    """An icon of the sprite; decorative unless it is given a label.

    Names are listed in static/icons/icons.txt. Sizes: 14, 16, 18 (the default), 20, 24.
    """
    if name not in known_icons():
        if settings.DEBUG or settings.TESTING:
            raise LookupError(f"Icon {name!r} is not in static/icons/icons.txt")
        name = "point"
    return _icon(str(name), int(size), css, str(label), _sprite(settings.STATIC_URL))


def initials(name: str, length: int = 2) -> str:
    """The part of a name that fits a small circle: 林晓雯 is 晓雯 (or 雯), Erik Halden is EH."""
    name = (name or "").strip()
    if not name:
        return "?"
    if _CJK.search(name):
        given = "".join(_CJK.findall(name))
        return given[-length:]
    words = [word for word in re.split(r"[\s._-]+", name) if word]
    if len(words) > 1:
        return (words[0][0] + words[-1][0]).upper()
    return words[0][:2].upper() if words else "?"


@register.simple_tag
def avatar(who: object, size: int = 24, css: str = "", label: bool = False) -> SafeString:
    """A round avatar for a user or contact (anything with `name` and `pk`); the colour follows the id.

    Decorative by default since the name stands beside it; with `label` the name is read out and shown on hover.
    """
    name = str(getattr(who, "name", "") or who or "")
    key = getattr(who, "pk", None) or sum(map(ord, name))
    try:
        colour = int(key) % AVATAR_COLOURS
    except (TypeError, ValueError):
        colour = sum(map(ord, str(key))) % AVATAR_COLOURS
    size_class = "" if size == 24 else f" avatar-{size}"
    letters = initials(name, 1 if size < 30 else 2)
    classes = f"avatar{size_class} avatar-{colour} {css}".strip()
    if label:
        return format_html(
            '<span class="{}" role="img" aria-label="{}" title="{}">{}</span>', classes, name, name, letters
        )
    return format_html('<span class="{}" aria-hidden="true">{}</span>', classes, letters)


_PLACE_OR_KIND = re.compile(
    r"(有限责任公司|股份有限公司|有限公司|集团|公司|科技|技术|电子|自动化|机械|设备|实业|贸易|工业|制造|股份)+$"
)


@register.simple_tag
def company_mark(name: str, key: object = 0, size: int = 44) -> SafeString:
    """The square mark of a company: two characters of its own name, without the place and the legal form."""
    bare = re.sub(r"[\s（()）]", "", str(name or ""))
    if _CJK.search(bare):
        short = re.sub(r"^(中国|[\u3400-\u9fff]{2,3}?(?:省|市|自治区))", "", bare)
        stem = _PLACE_OR_KIND.sub("", short) or short
        letters = stem[2:4] if len(stem) >= 4 else stem[-2:]
    else:
        letters = initials(str(name or ""))
    return format_html(
        '<span class="avatar avatar-square avatar-{} avatar-4" aria-hidden="true">{}</span>', size, letters
    )


@register.simple_tag
def badge(text: object, kind: str = "", icon_name: str = "") -> SafeString:
    """A small coloured label; kind is one of brand, ok, warn, bad, vio, teal, line or empty for grey."""
    css = f"badge badge-{kind}" if kind else "badge"
    if icon_name:
        return format_html('<span class="{}">{}{}</span>', css, icon(icon_name, 14), text)
    return format_html('<span class="{}">{}</span>', css, text)


LIFECYCLE_KINDS = {
    "lead": "",
    "mql": "",
    "sql": "",
    "opportunity": "brand",
    "customer": "ok",
    "repeat": "teal",
    "loyal": "vio",
    "at_risk": "bad",
    "churned": "bad",
}


@register.simple_tag
def lifecycle_badge(stage: str, label: object = "") -> SafeString:
    """The life-cycle stage in its colour; the label is the model's translated name of it."""
    return badge(label or stage, LIFECYCLE_KINDS.get(stage, ""))


@register.simple_tag
def tier(value: str | None, intent: bool = False) -> SafeString:
    """The A–D badge: solid for the tier of a deal customer, outlined for the buying intent of a prospect."""
    if not value:
        return mark_safe("")
    word = _("Intent") if intent else _("Tier")
    css = f"tier intent intent-{value.lower()}" if intent else f"tier tier-{value.lower()}"
    return format_html('<span class="{}" title="{} {}">{}</span>', css, word, value, value)


_SHAPES = {
    "green": mark_safe('<circle cx="5" cy="5" r="4"/>'),
    "yellow": mark_safe(
        '<rect x="1.3" y="1.3" width="7.4" height="7.4" rx="1" transform="rotate(45 5 5)"/>',
    ),
    "red": mark_safe('<path d="M5 .8 9.6 9H.4z"/>'),
}


def band_of(score: int | None) -> str:
    """The health band of a score: 70 and up is green, 40 to 69 yellow, below red, none grey."""
    if score is None:
        return "grey"
    if score >= 70:
        return "green"
    return "yellow" if score >= 40 else "red"


def band_word(band: str) -> str:
    """What the shape of a health band says in words."""
    words = {"green": _("Healthy"), "yellow": _("Watch"), "red": _("At risk")}
    return words.get(band, _("No score"))


@register.simple_tag
def health(score: int | None, band: str = "", word: bool = False) -> SafeString:
    """Health as shape, number and word: ● 70 and up, ◆ 40 to 69, ▲ below 40, a dash without a score."""
    band = band or band_of(score)
    if score is None or band == "grey":
        return format_html('<span class="health health-grey" title="{}">–</span>', band_word("grey"))
    shape = _SHAPES[band]
    text = band_word(band)
    tail = (
        format_html(" <span>{}</span>", text)
        if word
        else format_html('<span class="sr-only">{}</span>', text)
    )
    return format_html(
        '<span class="health health-{}" title="{}"><svg class="health-shape" viewBox="0 0 10 10" aria-hidden="true">'
        "{}</svg>{}{}</span>",
        band,
        text,
        shape,
        score,
        tail,
    )


@register.simple_tag
def meter(value: float, total: float = 100, kind: str = "brand", mark: float | None = None) -> SafeString:
    """A thin bar filled to value / total; `mark` (in percent) draws a tick, such as the time already gone."""
    percent = 0.0 if not total else max(0.0, min(100.0, 100.0 * float(value or 0) / float(total)))
    tick = ""
    if mark is not None:
        tick = format_html(
            '<rect class="meter-mark" x="{}%" y="0" width="2" height="100%"/>', f"{float(mark):.1f}"
        )
    return format_html(
        '<svg class="meter meter-{}" aria-hidden="true"><rect class="meter-track" width="100%" height="6" y="3" rx="3"/>'
        '<rect class="meter-fill" width="{}%" height="6" y="3" rx="3"/>{}</svg>',
        kind,
        f"{percent:.1f}",
        tick,
    )


@register.simple_tag
def sparkline(values: Sequence[float], kind: str = "brand", width: int = 72, height: int = 24) -> SafeString:
    """A small line of the last periods under a tile's value; empty for fewer than two points."""
    points = [float(value or 0) for value in values or []]
    if len(points) < 2:
        return mark_safe("")
    low, high = min(points), max(points)
    span = (high - low) or 1.0
    step = (width - 6) / (len(points) - 1)
    xy = [(2 + i * step, height - 4 - (p - low) / span * (height - 8)) for i, p in enumerate(points)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in xy)
    area = f"2,{height} {line} {xy[-1][0]:.1f},{height}"
    return format_html(
        '<svg class="spark spark-{}" viewBox="0 0 {} {}" width="{}" height="{}" aria-hidden="true">'
        '<polygon points="{}"/><polyline points="{}"/><circle cx="{}" cy="{}" r="2.5"/></svg>',
        kind,
        width,
        height,
        width,
        height,
        area,
        line,
        f"{xy[-1][0]:.1f}",
        f"{xy[-1][1]:.1f}",
    )


@register.simple_tag
def current_if(condition: object, value: str = "page") -> SafeString:
    """`aria-current="page"` when the condition holds, which is also what the CSS looks at."""
    return format_html('aria-current="{}"', value) if condition else mark_safe("")


@register.simple_tag(takes_context=True)
def query_with(context: Mapping, without: str = "", **changes: object) -> str:
    """The present query string with some parameters replaced; empty values and those in `without` are dropped.

    Unlike Django's own tag it can drop a single value of a repeated parameter: without="owner=7 cursor".
    """
    request = context.get("request")
    query = request.GET.copy() if request is not None else QueryDict(mutable=True)
    for item in without.split():
        key, __, value = item.partition("=")
        if value:
            query.setlist(key, [kept for kept in query.getlist(key) if kept != value])
        else:
            query.pop(key, None)
    for key, given in changes.items():
        if given in (None, ""):
            query.pop(key, None)
        else:
            query[key] = str(given)
    return f"?{query.urlencode()}" if query else "?"


@register.filter
def attrs(values: Mapping[str, object] | None) -> SafeString:
    """Render a dict as HTML attributes, leaving out the empty ones; True is an attribute with an empty value."""
    kept = [(key, value) for key, value in (values or {}).items() if value not in (None, False, "")]
    return format_html_join(" ", '{}="{}"', ((key, "" if value is True else value) for key, value in kept))
