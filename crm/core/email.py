"""E-mail addresses: one stored form, a masked form, and which domains say nothing about a company."""

import re
import unicodedata

from django.utils.translation import gettext as _

from crm.core.text import visible_only

_ADDRESS = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}"
)
_USUAL = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*@(?:[a-z0-9][a-z0-9-]*[a-z0-9]\.|[a-z0-9]\.)+[a-z]{2,}")
MAX_LENGTH = 254

# Mailbox providers: an address there does not tell for which company somebody works.
FREE_MAIL = frozenset(
    [
        "qq.com",
        "vip.qq.com",
        "foxmail.com",
        "163.com",
        "vip.163.com",
        "126.com",
        "yeah.net",
        "188.com",
        "sina.com",
        "sina.cn",
        "vip.sina.com",
        "sohu.com",
        "tom.com",
        "139.com",
        "189.cn",
        "wo.cn",
        "21cn.com",
        "aliyun.com",
        "263.net",
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "live.cn",
        "msn.com",
        "yahoo.com",
        "yahoo.cn",
        "yahoo.com.cn",
        "icloud.com",
        "me.com",
        "mac.com",
        "aol.com",
        "proton.me",
        "protonmail.com",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "web.de",
        "mail.ru",
        "yandex.ru",
        "yandex.com",
        "zoho.com",
    ]
)


class EmailError(ValueError):
    """An address that cannot receive mail; ``code`` is empty, at or invalid."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code

    @property
    def message(self) -> str:
        """What is wrong, in the language of the reader."""
        if self.code == "at":
            return _("An e-mail address has one @, as in name@company.com.")
        if self.code == "empty":
            return _("Enter an e-mail address.")
        return _("This e-mail address is not complete, it should look like name@company.com.")

    def __str__(self) -> str:
        return self.code


def normalise_email(value: object) -> str:
    """Trimmed, lower-case, half-width address; ``mailto:`` and angle brackets are dropped; or EmailError."""
    if isinstance(value, str) and len(value) <= 64 and _USUAL.fullmatch(value):
        return value  # most are as they should be, and an import asks for each of them four times
    text = visible_only(unicodedata.normalize("NFKC", "" if value is None else str(value))).strip().lower()
    text = text.removeprefix("mailto:").strip()
    if found := re.search(r"<([^<>]+)>$", text):
        text = found[1].strip()
    if not text:
        raise EmailError("empty")
    if text.count("@") != 1:
        raise EmailError("at")
    local = text.split("@")[0]
    if len(text) > MAX_LENGTH or len(local) > 64 or not _ADDRESS.fullmatch(text):
        raise EmailError("invalid")
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise EmailError("invalid")
    return text


def mask_email(value: str) -> str:
    """An address that can be recognised but not used: ``a***@x.com``."""
    if not value:
        return ""
    local, at, domain = value.partition("@")
    return f"{local[:1]}***{at}{domain}"


def domain_of(value: str) -> str:
    """The part after the @, lower-case; empty without one."""
    return value.rpartition("@")[2].strip().lower() if "@" in value else ""


def company_domain(value: str) -> str:
    """The domain of an address if it belongs to a company, empty for mailbox providers."""
    domain = domain_of(value)
    return "" if domain in FREE_MAIL else domain


def is_free_mail(value: str) -> bool:
    """Whether an address belongs to a mailbox provider, not to a company."""
    return domain_of(value) in FREE_MAIL
