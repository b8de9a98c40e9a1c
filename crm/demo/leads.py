"""The demo company's leads: those that became its customers, those that led nowhere, and those it works on; and its form."""

import datetime
import random
from collections.abc import Iterator
from decimal import Decimal

from django.utils import timezone

from accounts.models import Contact
from accounts.rules.due import at_day
from accounts.services import log_follow_up, plan_follow_up
from crm.demo.names import companies
from crm.events.actor import Actor
from crm.identity.models import User
from crm.records.models import Industry, Region
from sales import services
from sales.models import Lead, WebForm
from sales.models.lead import OPEN
from sales.services.lead_bulk import NewLead, create_leads

WON, GIVEN_UP, OPEN_NOW = 130, 190, 64
REASONS = ["no_need", "unreachable", "no_budget", "competitor", "not_target", "wrong_number"]
NEEDS = [
    "两条装配线的视觉检测",
    "替换使用十年的旧设备",
    "新厂房规划产线",
    "想看样机和同行案例",
    "检测节拍提到 1 秒以内",
]
CAMPAIGNS = ["", "", "工博会 2026", "秋季新品", "官网改版"]
TALKS = [
    "对方想先看样机，约下周演示。",
    "介绍了方案，对方要和生产部商量。",
    "确认需求：一期两条线，预算待批。",
]
WHERE = {
    "web_form": "direct",
    "ad": "paid_search",
    "wechat": "wechat",
    "referral": "referral",
    "exhibition": "event",
}


def load_leads(seed: int, people: dict[str, User], actor: Actor) -> int:
    """Leads of two years; the same seed gives the same ones, with dates counted back from today."""
    made = create_leads([*_won(seed), *_others(seed, people)], actor=actor)
    _follow(seed, actor)
    return made


def open_form(people: dict[str, User], actor: Actor) -> WebForm:
    """The form of the company's site, and what came by it this week."""
    form = services.save_web_form(
        None,
        actor=actor,
        name="官网咨询",
        slug="contact",
        title_zh="联系我们",
        title_en="Contact us",
        intro_zh="留下联系方式，一个工作日内会有工程师与您联系。",
        intro_en="Leave your number; an engineer calls you within one working day.",
        thanks_zh="我们已收到，一个工作日内与您联系。",
        thanks_en="We have received it and will call within one working day.",
        consent_zh="我同意澄川智能装备为答复本次咨询使用我填写的信息。",
        consent_en="I agree that my details are used to answer this enquiry.",
        campaign="官网改版",
        fields=[
            {"name": "name", "required": True},
            {"name": "company", "required": True},
            {"name": "phone", "required": True},
            {"name": "email"},
            {"name": "region"},
            {"name": "need"},
        ],
        embed_origins=["https://www.chengchuan.example"],
    )
    regions = {
        region.code: region for region in Region._base_manager.filter(code__in=("320000", "440000", "330000"))
    }
    for number, (name, company, code) in enumerate(
        [("顾晓峰", "无锡恒拓精密部件有限公司", "320000"), ("邱嘉怡", "东莞启元电子有限公司", "440000"), ("蒋子涵", "宁波海纳阀门有限公司", "330000")]
    ):  # fmt: skip
        services.receive_form(
            form,
            {"name": name, "company": company, "phone": f"+8613600{number:06}", "region": regions[code], "need": NEEDS[number]},
            key=f"demo-{number}",
            arrival=services.Arrival("203.0.113.7", {"utm_source": "baidu", "utm_medium": "cpc"}, "https://www.baidu.com/", ""),
            actor=actor,
        )  # fmt: skip
    return form


def _won(seed: int) -> Iterator[NewLead]:
    """What some customers were before: their main contact, met at a fair or sent by others."""
    chance = random.Random(seed + 41)  # noqa: S311 - believable, not secret
    mains = Contact._base_manager.filter(
        is_primary=True, customer__owner__isnull=False, deleted_at__isnull=True
    )
    mains = mains.select_related("customer__owner", "customer__industry", "customer__region").order_by("pk")
    for contact in mains[:WON]:
        customer = contact.customer
        converted = customer.created_at
        created = converted - datetime.timedelta(days=chance.randint(1, 60), minutes=chance.randint(0, 600))
        source = (
            customer.source if chance.random() < 0.5 else chance.choice(["referral", "exhibition", "partner"])
        )
        yield NewLead(
            owner=customer.owner,
            values={
                "name": contact.name,
                "company": customer.name,
                "title": contact.title,
                "phone": contact.phone,
                "email": contact.email,
                "industry": customer.industry,
                "region": customer.region,
                "size": customer.size,
                "source": source,
                "channel": WHERE.get(source, ""),
                "campaign": chance.choice(CAMPAIGNS),
                "need": chance.choice(NEEDS),
                "decides": True,
            },
            created_at=created,
            status="converted",
            converted_at=converted,
            customer=customer,
            contact=contact,
            touches=[("form" if source == "web_form" else "meeting", created, "展位交流")]
            if chance.random() < 0.7
            else [],
        )


def _others(seed: int, people: dict[str, User]) -> Iterator[NewLead]:
    """Leads that were given up, the older ones; and the open ones of the last weeks, the newest without a follow-up."""
    chance = random.Random(seed + 42)  # noqa: S311 - believable, not secret
    now = timezone.now()
    regions = {r.code: r for r in Region._base_manager.filter(level=Region.Level.CITY)}
    industries = {i.code: i for i in Industry._base_manager.all()}
    sellers = {True: [people["sales1"], people["sales2"]], False: [people["sales3"], people["sales4"]]}
    for company in companies(GIVEN_UP + OPEN_NOW, seed + 40):
        number = company.number
        is_open = number > GIVEN_UP
        days = chance.uniform(0.1, 40) if is_open else chance.uniform(95, 600)
        created = now - datetime.timedelta(days=days)
        source = chance.choice(
            [company.source, "ad", "web_form"] if not is_open else [company.source, "exhibition"]
        )
        values = {
            "name": company.contact,
            "company": company.name if is_open or chance.random() < 0.9 else "",
            "title": company.title if is_open or chance.random() < 0.8 else "",
            "phone": f"+86137{number:08}",
            "email": f"office@lead-{number}.example" if chance.random() < 0.5 else f"lead{number}@qq.com",
            "industry": industries.get(company.industry) if is_open or chance.random() < 0.9 else None,
            "region": regions.get(company.region_code),
            "size": company.size if is_open or chance.random() < 0.85 else None,
            "source": source,
            "channel": WHERE.get(source, ""),
            "campaign": chance.choice(CAMPAIGNS),
        }
        status, touches = "disqualified", []
        if chance.random() < 0.4:
            touches = [("form" if source == "web_form" else "meeting", created, "展位交流")]
        if is_open:
            status = chance.choices(["new", "working", "qualified"], [5, 5, 3])[0]
            touches = [
                (kind, created + (now - created) * share, note) for kind, share, note in _did(chance, source)
            ]
            if status == "qualified":
                values |= {
                    "need": chance.choice(NEEDS),
                    "budget": Decimal(chance.randint(8, 90) * 10_000),
                    "decides": True,
                }
                values["expected_at"] = timezone.localdate() + datetime.timedelta(
                    days=chance.randint(20, 120)
                )
        yield NewLead(
            owner=chance.choice(sellers[company.east]),
            values=values,
            created_at=created,
            status=status,
            reason="" if is_open else chance.choice(REASONS),
            touches=touches,
        )


def _did(chance: random.Random, source: str) -> list[tuple[str, float, str]]:
    """What an open lead did by itself: (kind, when between its first day and now, note)."""
    first = ("form", 0.0, "官网咨询") if source == "web_form" else ("meeting", 0.0, "展位交流")
    later = [
        ("pricing", 0.4, "价格页"),
        ("click", 0.6, "产品手册"),
        ("reply", 0.8, "回复了邮件"),
        ("pricing", 0.9, "价格页"),
    ]
    chosen = chance.sample(later, chance.choice([0, 1, 1, 2, 3]))
    return [first, *chosen] if chance.random() < 0.7 else chosen


def _follow(seed: int, actor: Actor) -> None:
    """What was said to some open leads, and when they are called next."""
    chance = random.Random(seed + 43)  # noqa: S311 - believable, not secret
    now = timezone.now()
    rows = Lead.objects.filter(OPEN, status__in=("working", "qualified"), owner__isnull=False)
    for lead in rows.select_related("owner").order_by("pk")[:18]:
        log_follow_up(
            actor=actor,
            author=lead.owner,
            record=lead,
            kind="call",
            body=chance.choice(TALKS),
            outcome="progress",
            done_at=now - datetime.timedelta(days=chance.uniform(0.2, 6)),
        )
        plan_follow_up(
            actor=actor,
            author=lead.owner,
            record=lead,
            kind="call",
            subject="回电确认需求",
            due_at=at_day(timezone.localdate() + datetime.timedelta(days=chance.randint(1, 12))),
            all_day=True,
        )
