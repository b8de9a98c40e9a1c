"""The demo company's cadences: two of them, people on every step, and some who answered."""

import datetime
import random

from django.utils import timezone

from accounts.models import Contact
from accounts.services import log_follow_up
from crm.automation.models import IncomingEmail, OutgoingEmail
from crm.events.actor import Actor, system
from crm.identity.models import User
from crm.records.queries import business_calendar
from crm.records.rules.calendar import add_working_days
from sales import services
from sales.models import Cadence, CadenceStep, Enrolment, Lead, StepRun
from sales.models.lead import OPEN
from sales.services.cadence_mail import mail_step, words_of
from sales.services.enrolments import address_of

NEW_LEADS = (
    ("email", 0, "{{公司|贵司}}的来料检测怎么做", "{{姓名}}您好，\n\n我是{{我方公司}}的{{我的姓名}}。同行用视觉检测站把首件检测从 40 分钟降到 6 分钟，附件不多，三页纸。\n\n您这边现在是人工抽检还是上线全检？回复一句我就按您的情况准备。\n\n{{我的姓名}}\n{{我的电话}}"),
    ("call", 2, "电话问 {{姓名}} 看过资料没有", "重点问：现在的检测方式、节拍、谁拍板。"),
    ("email", 2, "一个和{{行业|贵行业}}相近的案例", "{{姓名}}您好，\n\n上周电话里提到的案例：一家同行换线后漏检率从 0.8% 降到 0.05%。要不要约 20 分钟看现场视频？\n\n{{我的姓名}}"),
    ("wechat", 2, "加 {{姓名}} 微信，发现场视频", ""),
    ("email", 3, "还需要我再联系您吗", "{{姓名}}您好，\n\n如果今年没有检测改造的计划，回一个“不用”就好，我不再打扰。\n\n{{我的姓名}}"),
)  # fmt: skip
AFTER_QUOTE = (
    ("email", 1, "报价里有没有要调整的地方", "{{姓名}}您好，\n\n报价发过去一天了，付款节奏和交期都可以再谈，您这边最在意哪一项？\n\n{{我的姓名}}\n{{我的电话}}"),
    ("call", 2, "跟 {{姓名}} 过一遍报价", "确认预算、拍板人、竞品。"),
    ("visit", 3, "上门拜访 {{公司}}，带样件", ""),
)  # fmt: skip
ANSWERS = (
    "可以，周四下午来一趟吧",
    "资料收到了，先发我们工艺的同事看看",
    "暂时没计划，下半年再联系",
    "报价能不能再让两个点？",
)
MOST = 14  # people in each
RESERVED = ".example"  # addresses nobody has


def load_cadences(seed: int, people: dict[str, User], actor: Actor) -> int:
    """Set two cadences up and take some people through them; returns how many."""
    chance = random.Random(seed + 21)  # noqa: S311 - believable, not secret
    new = _cadence("新线索五步", "网站和展会来的线索，十个工作日内问出结果", NEW_LEADS, actor)
    quoted = _cadence("报价后三步", "报价发出后一周内推动答复", AFTER_QUOTE, actor)
    step = new.steps.order_by("position").first()
    services.save_words(
        step,
        user=people["sales1"],
        subject="{{姓名}}，请教一个检测上的问题",
        body="{{姓名}}您好，我是{{我的姓名}}。想请教一句：贵司首件检测现在要多久？\n\n{{我的电话}}",
    )
    leads = Lead.objects.filter(OPEN, owner__isnull=False, email__endswith=RESERVED).order_by(
        "-created_at", "pk"
    )
    contacts = Contact.objects.filter(
        customer__quotes__status="sent", customer__owner__isnull=False, email__endswith=RESERVED
    )
    begun = 0
    for number, who in enumerate(leads[:MOST]):
        begun += _live(who, new, number, chance)
    for number, who in enumerate(contacts.distinct().order_by("pk")[: MOST // 2]):
        begun += _live(who, quoted, number, chance)
    return begun


def _cadence(name: str, description: str, steps: tuple, actor: Actor) -> Cadence:
    made = services.save_cadence(None, name=name, description=description, actor=actor)
    for kind, days, subject, body in steps:
        services.save_step(made, kind=kind, delay_days=days, subject=subject, body=body, actor=actor)
    return made


def _live(who: Lead | Contact, cadence: Cadence, number: int, chance: random.Random) -> int:
    """Begin with somebody and let the days since go by: up to three steps done, every third one answered."""
    owned = who if isinstance(who, Lead) else who.customer
    enrolment = services.enrol(who, cadence, actor=Actor.of(owned.owner, origin="cli"))
    steps = list(cadence.steps.order_by("position"))
    done = number % 4 if len(steps) > 3 else number % 3
    calendar, today = business_calendar(), timezone.localdate()
    begun = add_working_days(calendar, today, -sum(s.delay_days for s in steps[:done]) - 1)
    at = datetime.datetime.combine(begun, datetime.time(9, 10 + number % 40), calendar.zone)
    Enrolment._base_manager.filter(pk=enrolment.pk).update(started_at=at)
    mail = None
    for step in steps[:done]:
        at = datetime.datetime.combine(
            add_working_days(calendar, at.date(), step.delay_days),
            at.timetz().replace(tzinfo=None),
            calendar.zone,
        )
        mail = _carried_out(enrolment, step, min(at, timezone.now() - datetime.timedelta(hours=2))) or mail
    _put_on(enrolment, steps[done], calendar)
    if mail is not None and number % 3 == 2:
        _answer(enrolment, mail, chance)
    elif number % 7 == 5:
        services.pause(enrolment, actor=Actor.of(owned.owner, origin="cli"))
    return 1


def _carried_out(enrolment: Enrolment, step: CadenceStep, at: datetime.datetime) -> StepRun | None:
    """A step that lies behind: its mail has left, or its task was done."""
    subject, body = words_of(enrolment, step)
    run = StepRun(enrolment=enrolment, step=step, kind=step.kind, subject=subject[:250], at=at, settled_at=at)
    if step.is_automatic:
        run.email = mail_step(enrolment, step)
        OutgoingEmail._base_manager.filter(pk=run.email.pk).update(
            state="sent", created_at=at, sent_at=at, attempts=1
        )
    run.activity = log_follow_up(
        actor=system("cadences") if step.is_automatic else Actor.of(enrolment.owner, origin="cli"),
        author=enrolment.owner,
        kind="email" if step.is_automatic else step.kind,
        customer=enrolment.customer,
        contact=enrolment.contact,
        record=enrolment.lead,
        subject=subject[:200],
        body=body,
        done_at=at,
        counts=not step.is_automatic,
    ).activity
    run.save()
    return run if step.is_automatic else None


def _put_on(enrolment: Enrolment, step: CadenceStep, calendar: object) -> None:
    """The next step falls due on one of the next working days."""
    day = add_working_days(calendar, timezone.localdate(), 1 + enrolment.pk % 3)
    at = datetime.datetime.combine(day, datetime.time(9 + enrolment.pk % 8, 20), calendar.zone)
    Enrolment._base_manager.filter(pk=enrolment.pk).update(next_step=step, next_at=at)


def _answer(enrolment: Enrolment, run: StepRun, chance: random.Random) -> None:
    """Somebody answered yesterday."""
    at = timezone.now() - datetime.timedelta(hours=chance.randint(3, 26))
    words = chance.choice(ANSWERS)
    incoming = IncomingEmail._base_manager.create(
        digest=f"demo-{run.pk}",
        kind="human",
        answers=run.email,
        sender=address_of(enrolment.who, enrolment.owner),
        sender_name=enrolment.who.name,
        subject=f"Re: {run.subject}"[:250],
        text=words,
        sent_at=at,
        received_at=at,
    )
    services.note_answer(incoming)
