"""The columns by which sheets describe a person, the same for a contact of its own and for one beside its customer."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy

from crm.listing.importing import mapping as looks
from crm.listing.importing.resource import Column
from crm.listing.importing.widgets import EmailWidget, PhoneWidget, TextWidget

USUAL: dict[str, dict[str, Any]] = {
    "name": {
        "synonyms": "联系人|联系人姓名|姓名|对接人|contact|contact name",
        "widget": TextWidget(100),
        "example": "蒋文博",
    },
    "title": {
        "synonyms": "职务|职位|岗位|头衔|title|job title|position",
        "widget": TextWidget(100),
        "example": "采购经理",
    },
    "phone": {
        "synonyms": "手机|手机号|手机号码|移动电话|联系电话|联系方式|mobile|cell|phone number",
        "widget": PhoneWidget(),
        "content": looks.looks_like_phone,
        "speaks": True,
        "example": "138 0573 2216",
    },
    "email": {"synonyms": "", "widget": EmailWidget(), "content": looks.looks_like_email},
    "wechat": {"synonyms": "微信|微信号|wechat|wechat id|weixin", "widget": TextWidget(100)},
    "department": {"synonyms": "", "widget": TextWidget(100)},
}


def of_person(
    field: str, attribute: str | None = None, *, label: str | Promise, synonyms: str = "", **options: Any
) -> Column:
    """The column of a person's name, title, phone, e-mail, WeChat or department; `synonyms` come beside the usual ones."""
    usual = USUAL[field]
    words = "|".join(filter(None, [usual["synonyms"], synonyms]))
    return Column(attribute, label=label, **(usual | options | {"synonyms": words}))


_numbered = lazy(lambda label, number: str(label) % {"number": number}, str)

FURTHER_LABELS = {
    "name": gettext_lazy("Contact %(number)s: name"),
    "title": gettext_lazy("Contact %(number)s: job title"),
    "phone": gettext_lazy("Contact %(number)s: phone"),
    "email": gettext_lazy("Contact %(number)s: e-mail"),
    "wechat": gettext_lazy("Contact %(number)s: WeChat"),
}
WORDS = {
    "name": ("", "姓名"),
    "title": ("职务", "职位", "title", "jobtitle"),
    "phone": ("手机", "电话", "手机号", "联系方式", "phone", "mobile"),
    "email": ("邮箱", "email", "mail"),
    "wechat": ("微信", "微信号", "wechat"),
}
ORDINALS = {2: "二", 3: "三"}


def of_further(number: int, field: str) -> Column:
    """The column of a second or third person in one row: 联系人2, 联系人2电话, 手机2, 第二联系人."""
    usual = USUAL[field]
    words = usual["synonyms"].split("|") if usual["synonyms"] else list(WORDS[field][1:])
    names = [f"{word}{number}" for word in [*words, *WORDS[field]] if word]
    for person in (f"联系人{number}", f"第{ORDINALS[number]}联系人", f"contact{number}"):
        names += [f"{person}{word}" for word in WORDS[field]]
    options = {name: value for name, value in usual.items() if name in ("widget", "content")}
    label = _numbered(FURTHER_LABELS[field], number)
    return Column(label=label, synonyms="|".join(dict.fromkeys(names)), **options)
