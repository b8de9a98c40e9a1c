"""How the demo company is paid: plans of its contracts, receipts of eighteen months, some late, and invoices."""

import datetime
import random
from collections.abc import Iterator
from decimal import Decimal

from django.db.models import F

from crm.core.clock import company_midnight, company_today
from crm.core.money import q2
from crm.events.actor import Actor, system
from crm.identity.models import User
from sales import services
from sales.models import Invoice, Order, PaymentPlan, PaymentReminder
from sales.models.order import EFFECTIVE
from sales.rules.payments import REMIND_ON
from sales.services.payment_bulk import NewInstalment, NewReceipt, add_instalments, add_receipts

# share, days after signing, what for
STAGES = (("0.3", 7, "预付款"), ("0.5", 50, "发货款"), ("0.2", 110, "验收款"))
WHOLE = (("1", 30, "验收合格后付清"),)
SMALL = Decimal(60_000)
METHODS = ["transfer"] * 7 + ["acceptance"] * 2 + ["cheque"]
WAITING = 6  # receipts finance has still to confirm
INVOICED = 36  # contracts with invoices, the newest
REFUSALS = ["税号与抬头不一致，请核对", "本期先开已到款部分"]


def load_payments(seed: int, people: dict[str, User], actor: Actor) -> int:
    """Plan what was sold, let most of it come in, and tell of what is due; returns how many instalments there are."""
    planned = add_instalments(_plans(seed), actor=actor)
    finance = Actor.of(people["finance1"], origin="cli")
    add_receipts(_receipts(seed), actor=finance)
    _invoices(seed, people)
    _told_before()
    services.remind_of_payments(actor=system("sales"))
    return len(planned)


def _plans(seed: int) -> Iterator[NewInstalment]:
    """Three instalments by the usual terms, one for what is small."""
    rows = Order.objects.filter(EFFECTIVE, amount__gt=0).order_by("effective_date", "pk")
    for order in rows.only("pk", "amount", "effective_date").iterator(chunk_size=2000):
        left = order.amount
        stages = WHOLE if order.amount < SMALL else STAGES
        for place, (share, days, note) in enumerate(stages):
            amount = left if place == len(stages) - 1 else q2(order.amount * Decimal(share))
            left -= amount
            due = order.effective_date + datetime.timedelta(days=days)
            written = company_midnight(order.effective_date) + datetime.timedelta(hours=11)
            yield NewInstalment(order.pk, due, amount, note, written)


def _receipts(seed: int) -> Iterator[NewReceipt]:
    """Most pay in time, some weeks late, a few in parts, and a few not yet; the latest wait for finance."""
    chance = random.Random(seed + 21)  # noqa: S311 - believable, not secret
    today = company_today()
    found = []
    rows = PaymentPlan.objects.filter(due_date__lte=today + datetime.timedelta(days=3))
    stuck: dict[int, bool] = {}  # who does not pay one instalment does not pay the next
    fields = ("order_id", "due_date", "amount")
    for order, due, amount in rows.order_by("due_date", "pk").values_list(*fields).iterator(chunk_size=2000):
        age, luck = (today - due).days, chance.random()
        if stuck.get(order):
            continue
        if luck < 0.72:
            day = due + datetime.timedelta(days=chance.randint(-4, 2))
        elif luck < 0.93:
            day = due + datetime.timedelta(days=chance.randint(5, 45))
        else:
            day = due + datetime.timedelta(days=chance.randint(100, 180))
        if day > today:
            stuck[order] = True
            if age < 20 or chance.random() < 0.6:
                continue
            day, amount = today - datetime.timedelta(days=age // 2), q2(amount * Decimal("0.6"))
        reference = f"ICBC{day:%y%m%d}{chance.randint(1000, 9999)}"
        found.append(NewReceipt(order, day, amount, chance.choice(METHODS), reference))
    found.sort(key=lambda one: one.received_date)
    for receipt in found[-WAITING:]:
        receipt.is_confirmed = False
    yield from found


def _invoices(seed: int, people: dict[str, User]) -> None:
    """Invoices of the newest contracts, in every state there is."""
    chance = random.Random(seed + 22)  # noqa: S311 - believable, not secret
    finance = Actor.of(people["finance1"], origin="cli")
    today = company_today()
    rows = Order.objects.filter(EFFECTIVE, amount__gt=0, owner__isnull=False)
    rows = rows.select_related("customer", "owner").order_by("-effective_date", "-pk")[:INVOICED]
    for place, order in enumerate(reversed(rows)):
        seller = Actor.of(order.owner, origin="cli")
        digital = bool(place % 4) or not order.customer.uscc
        invoice = services.apply_for_invoice(
            order,
            actor=seller,
            amount=q2(order.amount * Decimal("0.3")) if place % 3 else None,
            kind="digital" if digital else "special",
            content="检测设备及服务",
            send_to=order.customer.email or "",
        )
        if place >= INVOICED - 3:
            continue  # waits for finance
        if place in (8, 20):
            services.reject_invoice(invoice, reason=REFUSALS[place % 2], actor=finance)
            continue
        day = min(today, max(order.effective_date, today - datetime.timedelta(days=2 * (INVOICED - place))))
        number = f"25312000{chance.randint(10**11, 10**12 - 1)}"
        services.issue_invoice(invoice, number=number, issued_date=day, actor=finance)
        asked = company_midnight(day) - datetime.timedelta(hours=chance.randint(8, 60))
        Invoice._base_manager.filter(pk=invoice.pk).update(created_at=asked)
        if place < INVOICED - 10:
            handed = min(today, day + datetime.timedelta(days=2))
            services.deliver_invoice(invoice, delivered_date=handed, actor=finance)
        if place == 15:
            services.reverse_invoice(
                invoice,
                number=f"25312000{chance.randint(10**11, 10**12 - 1)}",
                reason="退货一台",
                actor=finance,
            )


def _told_before() -> None:
    """What was spoken of in the months before: only today's news is still to be told."""
    today = company_today()
    rows = PaymentPlan.objects.filter(
        received__lt=F("amount"), due_date__lte=today + datetime.timedelta(days=7)
    )
    PaymentReminder.objects.bulk_create(
        PaymentReminder(instalment_id=pk, due_date=due, days=days)
        for pk, due in rows.values_list("pk", "due_date")
        for days in REMIND_ON
        if due + datetime.timedelta(days=days) < today
    )
