"""The columns by which sheets describe a person, the same for a contact of its own and for one beside its customer."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise

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
}


def of_person(
    field: str, attribute: str | None = None, *, label: str | Promise, synonyms: str = "", **options: Any
) -> Column:
    """The column of a person's name, title, phone, e-mail or WeChat; `synonyms` come beside the usual ones."""
    usual = USUAL[field]
    words = "|".join(filter(None, [usual["synonyms"], synonyms]))
    return Column(attribute, label=label, **(usual | options | {"synonyms": words}))
