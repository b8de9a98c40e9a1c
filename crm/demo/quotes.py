"""What the demo company sells and sold: products, price books, quotes in every state, contracts of eighteen months."""

import datetime
import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from django.utils import timezone

from crm.core.money import q2
from crm.events.actor import Actor, system
from crm.records.models import ExchangeRate
from sales import services
from sales.models import NumberCounter, NumberRule, Opportunity, Order, OrderStatus, Product, Quote
from sales.rules import numbering
from sales.services import Draft
from sales.services.order_bulk import NewOrder, create_orders

# name, English name, code, category, unit, list price, tax rate, cost as a share
PRODUCTS = [
    ("视觉检测站 VS-200", "Vision station VS-200", "VS-200", "检测设备", "台", 186000, "0.13", "0.58"),
    ("视觉检测站 VS-500", "Vision station VS-500", "VS-500", "检测设备", "台", 368000, "0.13", "0.56"),
    ("AOI 复判模块", "AOI review module", "AOI-M", "检测设备", "套", 92000, "0.13", "0.52"),
    ("首件检测台", "First-article bench", "FA-10", "检测设备", "台", 68000, "0.13", "0.60"),
    ("卷材表面检测单元", "Web inspection unit", "WEB-4K", "检测设备", "套", 245000, "0.13", "0.57"),
    ("线扫相机套件", "Line-scan camera kit", "CAM-LS", "备件", "套", 26800, "0.13", "0.63"),
    ("环形光源", "Ring light", "LGT-R", "备件", "只", 1280, "0.13", "0.45"),
    ("备件包（年）", "Spare parts, yearly", "SP-Y", "备件", "年", 18600, "0.13", "0.62"),
    ("安装调试", "Installation", "SRV-IN", "服务", "人天", 2400, "0.06", "0.50"),
    ("操作培训", "Training", "SRV-TR", "服务", "期", 9800, "0.06", "0.40"),
    ("维保年框", "Maintenance, yearly", "SRV-MA", "服务", "年", 48000, "0.06", "0.48"),
    ("MES 云席位", "MES cloud seat", "MES-S", "软件", "席/年", 3600, "0.06", "0.20"),
    ("设备运输", "Transport", "TRN", "服务", "次", 4360, "0.09", "0.80"),
]
TERMS = [
    "3-5-2：预付 30%，发货前 50%，验收 20%",
    "预付 30%，发货前 40%，验收 25%，质保 5%",
    "验收合格后 30 日内付清",
]
SHIPS = ["合同生效后 8 周内交货，送货上门", "收到预付款后 6 周内交货", "签订后 4 周内开通"]
ANSWERS = ["价格可以，请尽快安排", "同意，合同走法务", "方案没问题，按此执行"]
SIGNED_OTHERWISE = (
    15  # one contract in so many is signed for something else than its deal was said to be worth
)
REFUSED = ["预算今年批不下来", "选了另一家", "项目推迟到明年"]


def load_quotes(seed: int, actor: Actor) -> int:
    """Write what is sold, was offered and was sold; returns how many contracts and orders there are."""
    _letterhead(actor)
    products = _products(actor)
    _books(products, actor)
    made = create_orders(_orders(seed, products), actor=actor)
    _count_on()
    _quotes(seed, products, actor)
    return len(made)


def _letterhead(actor: Actor) -> None:
    services.change_letterhead(
        actor=actor,
        legal_name="澄川智能装备（上海）有限公司",
        legal_name_en="Chengchuan Intelligent Equipment (Shanghai) Co., Ltd.",
        address="上海市嘉定区汇旺东路 599 号",
        phone="021-59521188",
        email="sales@chengchuan.example",
        website="www.chengchuan.example",
        bank="中国工商银行上海嘉定支行",
        bank_account="1001 2345 0900 0123 456",
        quote_terms="一、本报价含税，有效期内有效。\n二、设备质保 12 个月，自验收合格之日起计。",
        contract_terms="一、质量：按双方签署的技术协议验收。\n二、交付：按交付条款执行，逾期每周按未交部分 0.5% 承担违约金。\n"
        "三、争议：协商不成的，提交卖方所在地人民法院。\n四、本合同一式两份，双方各执一份，签字盖章后生效。",
    )


def _products(actor: Actor) -> list[Product]:
    found = []
    for name, english, code, category, unit, price, rate, cost in PRODUCTS:
        found.append(
            services.create_product(
                actor=actor,
                name=name,
                name_en=english,
                code=code,
                category=category,
                unit=unit,
                list_price=Decimal(price),
                tax_rate=Decimal(rate),
                cost=q2(Decimal(price) * Decimal(cost)),
            )
        )
    return found


def _books(products: list[Product], actor: Actor) -> None:
    dealers = services.save_price_book(None, name="经销商价", currency="CNY", actor=actor)
    share = Decimal("0.88")
    services.set_prices(dealers, {one: q2(one.list_price * share) for one in products[:8]}, actor=actor)
    if ExchangeRate._base_manager.filter(currency="USD").exists():
        export = services.save_price_book(None, name="Export USD", currency="USD", actor=actor)
        rate = Decimal("7.1")
        services.set_prices(
            export, {one: (one.list_price / rate).quantize(Decimal(10)) for one in products[:5]}, actor=actor
        )


def _lines(chance: random.Random, products: list[Product], amount: Decimal, most: Decimal) -> list[Draft]:
    """Lines that come near an amount: one machine, what goes with it, and a discount."""
    machines = [one for one in products[:5] if one.list_price <= max(amount, products[3].list_price)]
    machine = chance.choice(machines or products[3:4])
    count = max(1, min(6, int(amount / machine.list_price)))
    discount = min(most, chance.choice([Decimal(0), Decimal("0.03"), Decimal("0.05"), Decimal("0.08")]))
    rows = [Draft(product=machine, quantity=Decimal(count), price=machine.list_price, discount=discount)]
    for extra in chance.sample(products[5:], chance.choice([1, 2, 2, 3])):
        pieces = Decimal(chance.randint(1, 4) if extra.category == "服务" else chance.randint(1, 8))
        rows.append(Draft(product=extra, quantity=pieces, price=extra.list_price))
    return rows


def _agreed(rows: list[Draft], amount: Decimal) -> list[Draft]:
    """The same lines at what was agreed: the machine costs what is left beside the rest."""
    machine, *rest = rows
    left = amount - sum(((row.price or 0) * row.quantity for row in rest), Decimal(0))
    if left <= 0:
        rest, left = [], amount
    pieces = machine.quantity if not left % machine.quantity else Decimal(1)
    return [replace(machine, quantity=pieces, price=left / pieces, discount=Decimal(0)), *rest]


def _orders(seed: int, products: list[Product]) -> Iterator[NewOrder]:
    """A contract for every deal that was won, signed when it was; the yearly ones run on or end soon."""
    chance = random.Random(seed + 7)  # noqa: S311 - believable, not secret
    today = timezone.localdate()
    rule = NumberRule._base_manager.get(kind=NumberRule.Kind.CONTRACT)
    counters: dict[str, int] = {}
    won = Opportunity._base_manager.filter(status="won", closed_at__isnull=False, deleted_at__isnull=True)
    for deal in won.select_related("customer").order_by("closed_at", "pk").iterator(chunk_size=2000):
        signed = min(deal.closed_at, today)
        period = numbering.period(rule.restart, signed)
        counters[period] = counters.get(period, 0) + 1
        years = chance.random() < 0.45
        end = signed + datetime.timedelta(days=364 if years else chance.randint(90, 240))
        age = (today - signed).days
        if end < today:
            status = OrderStatus.EXPIRED if years else OrderStatus.COMPLETED
        elif age > 20:
            status = OrderStatus.FULFILLING
        else:
            status = OrderStatus.EFFECTIVE
        stopped = status == OrderStatus.FULFILLING and chance.random() < 0.02
        terms = chance.choice(TERMS)
        lines = _lines(chance, products, deal.amount, Decimal("0.05"))
        if counters[period] % SIGNED_OTHERWISE:
            lines = _agreed(lines, deal.amount)
        yield NewOrder(
            customer=deal.customer,
            number=numbering.write(rule.pattern, signed, counters[period]),
            name=deal.name,
            owner_id=deal.owner_id,
            team_id=deal.team_id,
            opportunity_id=deal.pk,
            contact_id=deal.contact_id,
            status=OrderStatus.TERMINATED if stopped else status,
            signed_date=signed,
            start_date=signed,
            end_date=end,
            closed_date=today if stopped else end if end < today else None,
            close_reason="客户停产，双方协商终止" if stopped else "",
            payment_terms=terms,
            lines=lines,
        )


def _count_on() -> None:
    """Let the company's numbers go on after those given here."""
    rule = NumberRule._base_manager.get(kind=NumberRule.Kind.CONTRACT)
    year = timezone.localdate().year
    last = Order._base_manager.filter(number__startswith=f"HT-{year}-").count()
    NumberCounter._base_manager.update_or_create(rule=rule, period=str(year), defaults={"last": last})


def _quotes(seed: int, products: list[Product], actor: Actor) -> None:
    """Offers for some open deals, in every state there is."""
    chance = random.Random(seed + 8)  # noqa: S311 - believable, not secret
    today = timezone.localdate()
    deals = Opportunity._base_manager.filter(status="open", deleted_at__isnull=True, owner__isnull=False)
    deals = deals.select_related("customer", "contact", "owner").order_by("pk")[:40]
    for number, deal in enumerate(deals):
        seller = Actor.of(deal.owner)
        customer = Actor("system", "customer", deal.customer.name, None, "link")
        large = number % 10 == 4
        quote = services.create_quote(
            deal.customer,
            actor=seller,
            owner=deal.owner,
            opportunity=deal,
            contact=deal.contact,
            lines=_lines(chance, products, deal.amount, Decimal("0.08") if large else Decimal("0.05")),
            payment_terms=chance.choice(TERMS),
            delivery_terms=chance.choice(SHIPS),
            valid_until=today + datetime.timedelta(days=chance.randint(3, 28)),
        )
        step = number % 10
        if step in (0, 4) or services.needs_approval(quote):
            continue
        link = services.send_quote(quote, actor=seller, to=deal.contact.email if deal.contact else "")
        if step in (1, 2, 5, 6, 7, 8):
            services.note_view(link, actor=customer)
        name = deal.contact.name if deal.contact else deal.customer.name
        if step in (5, 6):
            services.accept_quote(quote, by=name, note=chance.choice(ANSWERS), actor=customer)
        if step == 6:
            quote.refresh_from_db()
            services.order_from_quote(quote, actor=seller)
        if step == 7:
            services.decline_quote(quote, by=name, note=chance.choice(REFUSED), actor=customer)
        if step == 8:
            services.revise_quote(Quote._base_manager.get(pk=quote.pk), actor=seller)
        if step == 9:
            Quote._base_manager.filter(pk=quote.pk).update(valid_until=today - datetime.timedelta(days=2))
    services.expire_quotes(actor=system("sales"))
