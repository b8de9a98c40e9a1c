"""What the demo company's salespeople did and what they plan: believable on every page, with dates around today."""

import datetime
import random
from collections.abc import Iterator

from django.utils import timezone

from accounts.models import Contact, Customer
from accounts.rules.due import at_day, company_zone
from accounts.rules.followup import cadence_days
from accounts.services import NewActivity
from crm.identity.models import User
from crm.records.queries import business_calendar
from crm.records.rules.calendar import Calendar, workday_on_or_after

TOGETHER = 2000  # customers read at once
NEGLECTED = 0.08  # the share nobody has looked after in time
PLANNED = 0.72

DONE = [
    ("call", "{who}确认本周五前给技术协议的修改意见，价格暂时不谈。", "progress"),
    ("call", "打了两次没接，发短信约明天上午再联系。", "not_reached"),
    ("call", "{who}说预算要等季度评审，月底再报一次方案。", "waiting"),
    ("call", "核对了交货期，对方希望提前一周到货，已反馈生产。", "progress"),
    ("call", "询问同行案例，答应把两家同类工厂的资料发过去。", "progress"),
    ("call", "{who}目前用的设备还在保修期内，半年内不考虑更换。", "no_need"),
    ("call", "竞品报价低 6%，但交期要 10 周，客户更看重交期。", "progress"),
    ("visit", "看了二号车间，现场空间够，电源是 380V 三相，样机要带变压器。", "progress"),
    ("visit", "和{who}、设备部一起过了方案，主要担心与现有 MES 对接。", "progress"),
    ("visit", "现场演示检测节拍 0.8 秒，客户要求再跑一批实物样品。", "progress"),
    ("visit", "拜访新上任的采购负责人，介绍了合作历史和售后响应时间。", "progress"),
    ("meeting", "线上会议确认技术协议第 3 版，剩余两处由双方工程师核对。", "progress"),
    ("meeting", "商务谈判：对方希望付款改为 3-5-2，需要内部审批。", "waiting"),
    ("email", "已发送修订版报价单，有效期 30 天，等{who}回复。", "waiting"),
    ("email", "回复了接口清单，第 7 项需要对方开放 OPC UA。", "progress"),
    ("email", "发送验收标准和测试大纲，请客户在一周内确认。", "waiting"),
    ("wechat", "{who}：“维保备件能不能放一套在我们仓库？”已答应月底前给方案。", "progress"),
    ("wechat", "客户发来产线照片，空间比图纸小 20 公分，需要改支架。", "progress"),
    ("wechat", "{who}问二期能不能沿用一期价格，先回复要看数量。", "waiting"),
    ("note", "客户下季度有扩产计划，设备预算约 150 万，决策人是总经理。", ""),
    ("note", "周一上午是对方例会时间，不要打电话。", ""),
    ("note", "对方财务要求先开票后付款，合同里要写清楚。", ""),
]
PLANS = [
    ("call", "回电确认检测节拍"),
    ("call", "跟进技术协议的修改意见"),
    ("call", "问预算评审的结果"),
    ("call", "确认样品寄到了没有"),
    ("visit", "现场勘测产线"),
    ("visit", "拜访设备部，谈二期扩产"),
    ("meeting", "线上演示：复判模块"),
    ("meeting", "过一遍技术协议"),
    ("email", "发送修订版报价"),
    ("email", "发验收标准和测试大纲"),
    ("wechat", "回复备件寄售方案"),
    ("task", "准备同行案例资料"),
]


def activities(seed: int) -> Iterator[NewActivity]:
    """Past follow-ups and plans of all customers, each customer's together, oldest first."""
    chance = random.Random(seed)  # noqa: S311 - believable, not secret
    now, calendar = timezone.now(), business_calendar()
    owners = User._base_manager.in_bulk()
    customers = Customer._base_manager.filter(owner__isnull=False, deleted_at__isnull=True).order_by("pk")
    customers = customers.only("owner_id", "tier", "intent", "first_deal_at", "lifecycle_stage", "created_at")
    last = 0
    while chosen := list(customers.filter(pk__gt=last)[:TOGETHER]):
        last = chosen[-1].pk
        people = Contact._base_manager.filter(customer__in=[c.pk for c in chosen], is_primary=True)
        contacts = {one.customer_id: one for one in people.only("customer_id", "name", "title")}
        for customer in chosen:
            customer.owner = owners[customer.owner_id]
            contact = contacts.get(customer.pk)
            yield from _past(chance, customer, contact, now)
            if chance.random() < PLANNED and customer.lifecycle_stage != "churned":
                yield _plan(chance, customer, contact, now, calendar)


def _past(
    chance: random.Random, customer: Customer, contact: Contact | None, now: datetime.datetime
) -> Iterator[NewActivity]:
    cadence = cadence_days(customer.grade)
    age = max(0.2, (now - customer.created_at).total_seconds() / 86400)
    latest = chance.uniform(0, cadence * 0.95)
    if chance.random() < NEGLECTED:
        latest = chance.uniform(cadence * 1.1, cadence * 1.8)
    days, moment = [], latest
    for _n in range(chance.randint(1, 6)):
        if moment >= age:
            break
        days.append(moment)
        moment += chance.uniform(1, cadence)
    for kind, text, outcome in reversed(chance.sample(DONE, len(days))):
        done_at = _in_office_hours(chance, now - datetime.timedelta(days=days.pop()), now)
        yield NewActivity(
            customer_id=customer.pk,
            owner=_owner(customer),
            kind=kind,
            body=text.format(who=_called(contact)),
            contact_id=contact.pk if contact and kind != "note" else None,
            outcome=outcome,
            done_at=done_at,
            duration_minutes=chance.choice([5, 8, 12, 20]) if kind == "call" else None,
        )


def _plan(
    chance: random.Random,
    customer: Customer,
    contact: Contact | None,
    now: datetime.datetime,
    calendar: Calendar,
) -> NewActivity:
    today = now.astimezone(company_zone()).date()
    kind, subject = chance.choice(PLANS)
    roll = chance.random()
    ahead = -chance.randint(1, 3) if roll < 0.04 else 0 if roll < 0.1 else chance.randint(1, 28)
    day = today + datetime.timedelta(days=ahead)
    if ahead > 0:
        day = workday_on_or_after(calendar, day)
    due_at, all_day = at_day(day), True
    if kind in ("visit", "meeting") and ahead > 0:
        due_at, all_day = due_at + datetime.timedelta(minutes=30 * chance.randint(0, 14)), False
    return NewActivity(
        customer_id=customer.pk,
        owner=_owner(customer),
        kind=kind,
        subject=subject,
        contact_id=contact.pk if contact else None,
        due_at=due_at,
        all_day=all_day,
    )


def _owner(customer: Customer) -> User:
    assert customer.owner is not None  # only owned ones were chosen
    return customer.owner


def _called(contact: Contact | None) -> str:
    """How one speaks of a contact: 周敏 is 周工 or 周总, after the title."""
    if contact is None:
        return "对方"
    title = contact.title or ""
    return contact.name[:1] + (
        "总" if "总" in title or "长" in title else "经理" if "经理" in title else "工"
    )


def _in_office_hours(
    chance: random.Random, moment: datetime.datetime, now: datetime.datetime
) -> datetime.datetime:
    local = moment.astimezone(company_zone())
    if not 9 <= local.hour < 18:
        local = local.replace(hour=chance.randint(9, 17))
    return min(local, now - datetime.timedelta(minutes=1))
