"""What a public form keeps of where somebody came from."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
CLICKS = ("gclid", "bd_vid")
# Hosts, and names that stand under many ends (google.com, google.co.uk).
SEARCH = ("baidu", "google", "bing", "sogou", "so.com", "sm.cn", "duckduckgo")
SOCIAL = ("weibo", "zhihu", "douyin", "xiaohongshu", "linkedin", "facebook", "twitter", "x.com", "t.co")


def channel_of(marks: Mapping[str, str], referrer: str, own_host: str = "") -> str:
    """The channel that UTM marks and the page before speak of; the first rule that matches."""
    source, medium = marks.get("utm_source", "").lower(), marks.get("utm_medium", "").lower()
    if any(marks.get(click) for click in CLICKS):
        return "paid_search"
    if medium in ("cpc", "ppc") or ("paid" in medium and "search" in medium):
        return "paid_search"
    if "paid" in medium and "social" in medium:
        return "paid_social"
    if "wechat" in source or "weixin" in source or medium == "wechat":
        return "wechat"
    if medium == "email":
        return "email"
    if medium in ("event", "webinar", "qr"):
        return "event"
    if medium in ("referral", "partner"):
        return "referral"
    host = host_of(referrer)
    if _is_one_of(host, SEARCH):
        return "organic_search"
    if _is_one_of(host, SOCIAL):
        return "organic_social"
    return "referral" if host and host != own_host else "direct"


def origin_of(address: str) -> str:
    """The origin (scheme, host, port) of a web address, empty for what is none."""
    try:
        parts = urlsplit(address.strip())
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("http", "https") or not host or not host.isascii() or set(host) & set(" ;,'\"*"):
        return ""
    return f"{parts.scheme}://{host}{port}"


def _is_one_of(host: str, names: Sequence[str]) -> bool:
    """Whether a host is one of these or lies below one; a part of another word, as in netflix.com, is none."""
    return any(
        f".{host}".endswith(f".{name}") if "." in name else f".{name}." in f".{host}" for name in names
    )


def host_of(address: str) -> str:
    """The host of a web address in lower case, empty for what is none."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""
