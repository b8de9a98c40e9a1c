"""Eighteen months of the demo company's deals: won and lost with reasons, open ones at every stage, ending today."""

import datetime
import random
from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.utils import timezone

from accounts.models import Contact, Customer
from accounts.models.choices import Source
from accounts.rules.due import at_day, company_zone
from accounts.services import NewActivity, create_activities
from crm.events.actor import Actor
from crm.records.queries import business_calendar
from crm.records.rules.calendar import workday_on_or_after
from sales.models import CloseReason, Opportunity, OpportunityStatus, Stage
from sales.services.bulk import NewOpportunity, create_opportunities

MONTHS = 18
SHARE = 0.85  # of the customers that have an owner and had dealings
DEALS = ((1, 0.45), (2, 0.3), (3, 0.17), (4, 0.08))
WON = 0.3
CLOSED = 0.74
WHAT = [
    "视觉检测站 {n} 台", "AOI 复判模块", "MES 云对接与培训", "{n} 号产线改造", "维保年框 {year}", "节拍验证", "包装线视觉抽检",
    "AGV 调度评估", "连接器 {n} 面检", "首件检测台 {n} 台", "卷材表面缺陷检测", "传动壳体检测", "二期追加 {n} 台", "备件寄售",
    "实验室视觉站", "MES 云席位 {seats}", "视觉培训 {n} 期", "泵体尺寸检测", "极片瑕疵检测", "无菌包装线视觉",
]  # fmt: skip
NEEDS = [
    "人工目检漏检率高，想用视觉替换两个工位",
    "新产线下季度投产，需要配套检测",
    "老设备停产，备件难买，想整体更换",
    "客户审厂要求每件留档，现有设备做不到",
    "扩产后节拍跟不上，要提到 0.8 秒一件",
    "质检数据要接进 MES，方便追溯",
]
RIVALS = ["海康机器人", "基恩士", "康耐视", "凌云光", "奥普特", "本地集成商"]
WHY_WON = [
    CloseReason.SERVICE,
    CloseReason.FEATURES,
    CloseReason.RELATIONSHIP,
    CloseReason.PRICE,
    CloseReason.TIMING,
]
WHY_LOST = [
    CloseReason.PRICE, CloseReason.COMPETITOR, CloseReason.NO_BUDGET, CloseReason.TIMING, CloseReason.NO_DECISION,
    CloseReason.FEATURES,
]  # fmt: skip
NOTES = {
    CloseReason.PRICE: "对方报价低 8%", CloseReason.COMPETITOR: "客户沿用原供应商", CloseReason.NO_BUDGET: "预算砍到明年",
    CloseReason.TIMING: "项目推迟", CloseReason.NO_DECISION: "内部没有结论", CloseReason.FEATURES: "精度差一档",
    CloseReason.SERVICE: "看重两小时到场", CloseReason.RELATIONSHIP: "老客户转介绍",
}  # fmt: skip
SAID = [
    ("call", "客户认可检测节拍，等他们内部过预算。"),
    ("visit", "现场看了工位，空间够，下一步出布局图。"),
    ("meeting", "和设备部过了技术协议，还有两处待确认。"),
    ("wechat", "采购问付款方式能不能 3-5-2，已反馈商务。"),
    ("email", "已发修订版方案和报价，等回复。"),
    ("call", "竞品也在报价，客户更看重交期和售后。"),
]
PLANNED = [
    ("call", "问预算评审结果"), ("visit", "现场勘测"), ("meeting", "过技术协议"), ("email", "发修订版报价"),
    ("call", "确认样品测试结论"), ("meeting", "商务谈判"),
]  # fmt: skip
DAYS = (9, 13, 15, 11)  # what a stage usually takes


def load_opportunities(seed: int, actor: Actor) -> int:
    """Write the deals of the demo company, and what is planned about those still open; returns how many there are."""
    stages = list(Stage._base_manager.filter(pipeline__is_default=True).order_by("position"))
    ids = create_opportunities(opportunities(seed, stages), actor=actor)
    create_activities(follow_ups(seed), actor=actor)
    return len(ids)


def follow_ups(seed: int) -> Iterator[NewActivity]:
    """What was last said about every open deal, and for most of them what is planned next; some have been left alone."""
    chance = random.Random(seed + 5)  # noqa: S311 - believable, not secret
    now = timezone.now()
    deals = Opportunity._base_manager.filter(status=OpportunityStatus.OPEN).order_by("customer_id", "pk")
    for deal in deals.select_related("owner", "contact").iterator(chunk_size=2000):
        about = {
            "customer_id": deal.customer_id,
            "owner": deal.owner,
            "contact_id": deal.contact_id,
            "record": deal,
        }
        ago = chance.uniform(2, 13) if chance.random() < 0.78 else chance.uniform(15, 40)
        said = _at_work(chance, now - datetime.timedelta(days=ago))
        if deal.created_at < said < now and chance.random() < 0.5:
            kind, body = chance.choice(SAID)
            yield NewActivity(kind=kind, body=body, outcome="progress", done_at=said, **about)
        if chance.random() < 0.78:
            kind, subject = chance.choice(PLANNED)
            roll = chance.random()
            ahead = -chance.randint(1, 3) if roll < 0.06 else 0 if roll < 0.14 else chance.randint(1, 18)
            day = now.astimezone(company_zone()).date() + datetime.timedelta(days=ahead)
            due = at_day(workday_on_or_after(business_calendar(), day) if ahead > 0 else day)
            yield NewActivity(kind=kind, subject=subject, due_at=due, all_day=True, **about)


def opportunities(seed: int, stages: Sequence[Stage]) -> Iterator[NewOpportunity]:
    """The deals of every customer that had any, customer by customer; `stages` are those of one pipeline in order."""
    chance = random.Random(seed + 4)  # noqa: S311 - believable, not secret
    now = timezone.now()
    steps = [stage for stage in stages if stage.is_open]
    won = next(stage for stage in stages if stage.kind == Stage.Kind.WON)
    lost = next(stage for stage in stages if stage.kind == Stage.Kind.LOST)
    customers = Customer._base_manager.filter(owner__isnull=False, deleted_at__isnull=True).order_by("pk")
    people = dict(Contact._base_manager.filter(is_primary=True).values_list("customer_id", "pk"))
    for customer in customers.select_related("owner").iterator(chunk_size=2000):
        if chance.random() > SHARE or customer.lifecycle_stage in ("lead", "mql"):
            continue
        counts, weights = zip(*DEALS, strict=True)
        for _number in range(chance.choices(counts, weights)[0]):
            yield _deal(chance, customer, people.get(customer.pk), steps, won, lost, now)


def _deal(
    chance: random.Random,
    customer: Customer,
    contact: int | None,
    steps: Sequence[Stage],
    won: Stage,
    lost: Stage,
    now: datetime.datetime,
) -> NewOpportunity:
    closed = chance.random() < CLOSED
    # Closed deals lie over the whole time, those still open began lately; business grows a little towards today.
    back = 540 * (1 - chance.random() ** 0.8) + 20 if closed else chance.uniform(2, 95)
    opened = _at_work(chance, now - datetime.timedelta(days=back))
    reached = len(steps) if closed and chance.random() < 0.7 else chance.randint(1, len(steps))
    stays, moment = [(steps[0], opened)], opened
    for number, stage in enumerate(steps[1:reached], 1):
        moment = _at_work(
            chance, moment + datetime.timedelta(days=chance.gammavariate(4, DAYS[number - 1] / 4))
        )
        if moment >= now - datetime.timedelta(hours=20):
            break
        stays.append((stage, moment))
    moment = _at_work(chance, moment + datetime.timedelta(days=chance.gammavariate(4, 3)))
    closed = closed and moment < now - datetime.timedelta(hours=4)
    wins = closed and len(stays) > 1 and chance.random() < (0.55 if len(stays) > 2 else WON)
    amount = _amount(chance)
    rival = chance.choice(RIVALS) if chance.random() < 0.6 else ""
    deal = NewOpportunity(
        customer=customer,
        name=_name(chance, opened),
        stays=stays,
        owner_id=customer.owner_id,
        team_id=customer.owner.team_id,
        amount=amount,
        opened_at=opened.astimezone(company_zone()).date(),
        contact_id=contact,
        source=customer.source or chance.choice(Source.values),
        need=chance.choice(NEEDS),
        competitor=rival,
    )
    ends = moment.astimezone(company_zone()).date()
    if closed:
        stays.append((won if wins else lost, moment))
        deal.status = OpportunityStatus.WON if wins else OpportunityStatus.LOST
        deal.closed_at = ends
        deal.reason = chance.choice(WHY_WON if wins else WHY_LOST)
        deal.reason_note = "" if wins else NOTES.get(CloseReason(deal.reason), "")
        deal.first_close_date = ends - datetime.timedelta(days=chance.choice([0, 0, 0, 7, 14, 30]))
        deal.expected_close_date = ends
    else:
        ahead = (len(steps) - len(stays) + 1) * 16 + chance.randint(-18, 40)
        today = now.astimezone(company_zone()).date()
        deal.expected_close_date = today + datetime.timedelta(days=ahead)
        deal.first_close_date = deal.expected_close_date - datetime.timedelta(
            days=chance.choice([0, 0, 0, 14, 30])
        )
    deal.pushes = int(deal.first_close_date != deal.expected_close_date) * chance.randint(1, 2)
    return deal


def _name(chance: random.Random, opened: datetime.datetime) -> str:
    text = chance.choice(WHAT)
    return text.format(n=chance.randint(2, 8), year=opened.year, seats=chance.choice([20, 40, 60, 100]))


def _amount(chance: random.Random) -> Decimal:
    """Mostly between five and sixty ten-thousands, rarely above a million."""
    thousands = min(2600, max(30, chance.lognormvariate(5.3, 0.8)))
    return Decimal(round(thousands)) * 1000


def _at_work(chance: random.Random, moment: datetime.datetime) -> datetime.datetime:
    """The same day, or the Monday after a weekend, in office hours."""
    local = moment.astimezone(company_zone())
    local += datetime.timedelta(days=max(0, 7 - local.weekday()) if local.weekday() > 4 else 0)
    return local.replace(hour=chance.randint(9, 17), minute=chance.choice([0, 10, 15, 30, 40, 50]), second=0)
