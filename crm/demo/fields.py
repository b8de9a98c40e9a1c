"""The demo company's own fields: what a maker of machines wants to know of its customers beyond the built-in ones."""

import datetime
import random
from typing import Any

from crm.events.actor import Actor
from crm.records.services.custom_fields import create_field, create_section

CUSTOMER, CONTACT = "accounts.customer", "accounts.contact"
WITH_CONTRACT = ["customer", "repeat", "loyal", "at_risk"]
COOPERATION = [
    ("direct", "直接采购", "Buys directly", "blue", 5),
    ("agent", "代理", "Through an agent", "violet", 3),
    ("oem", "贴牌代工", "OEM", "teal", 1),
    ("project", "项目制", "By project", "amber", 3),
]
EQUIPMENT = [
    ("cnc", "数控机床", "CNC machines", "blue"),
    ("robot", "工业机器人", "Industrial robots", "green"),
    ("agv", "AGV 小车", "AGVs", "teal"),
    ("vision", "视觉检测", "Vision inspection", "violet"),
]
COMPETITORS = ["汇川", "埃斯顿", "发那科", "库卡", "新松", "拓斯达"]
HOBBIES = ["羽毛球", "钓鱼", "跑步", "摄影", "茶道", "登山"]


def create_fields(actor: Actor) -> None:
    """Define the fields in two sections of the customer's page, and two of contacts."""
    business = create_section(model=CUSTOMER, label_zh="合作情况", label_en="Business", actor=actor)
    finance = create_section(model=CUSTOMER, label_zh="信用", label_en="Credit", actor=actor)
    for values in (
        {"kind": "choice", "key": "cooperation", "label_zh": "合作模式", "label_en": "Cooperation",
         "options": [_option(*one[:4]) for one in COOPERATION], "section": business},
        {"kind": "money", "key": "annual_purchase", "label_zh": "年采购额", "label_en": "Annual purchases", "section": business},
        {"kind": "multi_choice", "key": "equipment", "label_zh": "现有设备", "label_en": "Equipment",
         "options": [_option(*one) for one in EQUIPMENT], "section": business},
        {"kind": "date", "key": "contract_end", "label_zh": "合同到期日", "label_en": "Contract ends",
         "shown_when": {"field": "lifecycle_stage", "operator": "is", "values": WITH_CONTRACT}, "section": business},
        {"kind": "text", "key": "competitor", "label_zh": "主要竞品", "label_en": "Main competitor", "in_search": True,
         "section": business},
        {"kind": "boolean", "key": "listed", "label_zh": "上市公司", "label_en": "Listed company", "section": finance},
        {"kind": "long_text", "key": "credit_note", "label_zh": "信用备注", "label_en": "Credit note",
         "help_zh": "仅管理人员和财务可见", "help_en": "Only managers and finance see it",
         "visible_to": ["executive", "sales_manager", "finance"], "section": finance},
    ):  # fmt: skip
        create_field(model=CUSTOMER, actor=actor, **values)
    create_field(
        model=CONTACT, kind="date", key="birthday", label_zh="生日", label_en="Birthday", actor=actor
    )
    create_field(model=CONTACT, kind="text", key="hobby", label_zh="爱好", label_en="Hobby", actor=actor)


def customer_values(chance: random.Random, stage: str, today: datetime.date) -> dict[str, Any]:
    """Custom values of one customer, as they are kept; not every field is filled in, as in life."""
    keys, weights = [one[0] for one in COOPERATION], [one[4] for one in COOPERATION]
    found: dict[str, Any] = {"cooperation": chance.choices(keys, weights)[0]}
    if chance.random() < 0.8:
        found["annual_purchase"] = f"{chance.randint(5, 900) * 10_000}.00"
    if chance.random() < 0.6:
        chosen = set(chance.sample([one[0] for one in EQUIPMENT], chance.randint(1, 3)))
        found["equipment"] = [one[0] for one in EQUIPMENT if one[0] in chosen]
    if stage in WITH_CONTRACT:
        found["contract_end"] = (today + datetime.timedelta(days=chance.randint(-30, 500))).isoformat()
    if chance.random() < 0.4:
        found["competitor"] = chance.choice(COMPETITORS)
    if chance.random() < 0.5:
        found["listed"] = chance.random() < 0.15
    if chance.random() < 0.1:
        found["credit_note"] = chance.choice(["账期 30 天，从未逾期", "曾逾期 45 天，新单需预付三成"])
    return found


def contact_values(chance: random.Random) -> dict[str, Any]:
    """Custom values of one contact."""
    found: dict[str, Any] = {}
    if chance.random() < 0.4:
        found["birthday"] = datetime.date(
            chance.randint(1966, 1999), chance.randint(1, 12), chance.randint(1, 28)
        ).isoformat()
    if chance.random() < 0.3:
        found["hobby"] = chance.choice(HOBBIES)
    return found


def _option(key: str, zh: str, en: str, colour: str) -> dict[str, str]:
    return {"key": key, "label_zh": zh, "label_en": en, "colour": colour}
