"""The daily digest: each person's day in one piece, at their hour, on working days, once."""

import datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.automation import digests
from crm.automation.digests import DIGEST, MOST_LINES, Found, Line
from crm.automation.kinds import why_of
from crm.automation.models import DigestRun, Notification, NotificationRhythm
from crm.automation.queries.bell import still_seen
from crm.automation.services import mail
from crm.automation.services.notifications import notify
from crm.automation.services.unsubscribing import unsubscribe_url
from crm.core import formats
from crm.identity.middleware import zone_of
from crm.identity.models import User
from crm.identity.queries import company
from crm.records.queries import business_calendar
from crm.records.rules.calendar import is_workday

log = structlog.get_logger(__name__)

STALE = datetime.timedelta(hours=4)  # a day that late needs no plan any more
NEWS_FROM = datetime.timedelta(days=14)
RUNS_KEPT = datetime.timedelta(days=90)


def send_digests() -> int:
    """Send the digests whose hour has come; returns how many left. Safe to run twice and side by side."""
    now, calendar, sent = timezone.now(), business_calendar(), 0
    rhythms = {one.user_id: one for one in NotificationRhythm._base_manager.all()}
    done = set(
        DigestRun._base_manager.filter(day__gte=now.date() - datetime.timedelta(days=2)).values_list(
            "user", "day"
        )
    )
    for user in User._base_manager.filter(is_active=True).select_related("role").order_by("pk"):
        rhythm = rhythms.get(user.pk) or NotificationRhythm(user=user)
        day = _day_due(rhythm, now, zone_of(user))
        if day is None or (user.pk, day) in done or not is_workday(calendar, day):
            continue
        try:
            sent += _send_one(user, rhythm, day, now)
        except Exception:  # one that cannot be made must not hold up the others; it is tried again
            log.exception("digest_failed", user_id=user.pk)
    DigestRun._base_manager.filter(at__lt=now - RUNS_KEPT).delete()
    return sent


def _day_due(
    rhythm: NotificationRhythm, now: datetime.datetime, zone: datetime.tzinfo
) -> datetime.date | None:
    """The day whose digest is due now; None before its hour, long after it, and for those who want none."""
    if not rhythm.digest_in_app and not rhythm.digest_email:
        return None
    day = now.astimezone(zone).date()
    due = datetime.datetime.combine(day, rhythm.digest_at, zone)
    return day if due <= now < due + STALE else None


@transaction.atomic
def _send_one(user: User, rhythm: NotificationRhythm, day: datetime.date, now: datetime.datetime) -> bool:
    """Note the day as dealt with and write what it holds, in one transaction: a crash undoes both."""
    run, created = DigestRun._base_manager.get_or_create(user=user, day=day, defaults={"at": now})
    if not created:
        return False
    language = user.language or settings.LANGUAGE_CODE
    with translation.override(language), timezone.override(zone_of(user)):
        found = _collect(user)
        if not found:
            return False
        counts = {key: one.total for key, one in found.items()}
        if rhythm.digest_in_app:
            params = {"counts": counts}
            notify([user], DIGEST, params=params, url=reverse("today"), dedupe=day.isoformat())
        if rhythm.digest_email and user.email:
            _mail(user, day, list(found.values()), digests.summary(counts))
    run.sent = True
    run.save(update_fields=["sent"])
    return True


def _collect(user: User) -> dict[str, Found]:
    """The parts that have something to say to this person, in order."""
    found: dict[str, Found] = {}
    for part in digests.ordered():
        one = part.load(user)
        if one is not None and one.total:
            one.label = str(part.label)
            found[part.key] = one
    return found


def news_for_digest(user: User) -> Found | None:
    """News the person wants in the digest and has not read in the bell; each appears in one digest only."""
    since = timezone.now() - NEWS_FROM
    rows = Notification._base_manager.filter(
        user=user, in_digest=True, read_at__isnull=True, created_at__gte=since
    )
    notes = list(still_seen(user, rows).order_by("-pk"))
    Notification._base_manager.filter(pk__in=[note.pk for note in notes]).update(in_digest=False)
    lines = [Line(note.title, note.url, formats.moment(note.created_at)) for note in notes[:MOST_LINES]]
    return Found(lines, len(notes), reverse("notification_list"))


def _mail(user: User, day: datetime.date, parts: list[Found], summary: str) -> None:
    leave = unsubscribe_url(user, DIGEST.key)
    values = {"day": formats.day(day, day), "summary": summary}
    context = {
        "subject": _("%(day)s: %(summary)s") % values,
        "day": values["day"],
        "parts": parts,
        "base_url": settings.BASE_URL,
        "today_url": f"{settings.BASE_URL}{reverse('today')}",
        "preferences_url": f"{settings.BASE_URL}{reverse('notification_preferences')}",
        "unsubscribe_url": leave,
        "why": why_of(DIGEST.key),
        "company_name": company().name,
    }
    mail.enqueue(
        to=user.email,
        user=user,
        kind=DIGEST.key,
        subject=context["subject"],
        text=render_to_string("automation/email/digest.txt", context),
        html=render_to_string("automation/email/digest.html", context),
        unsubscribe_url=leave,
        dedupe_key=f"digest:{day.isoformat()}:{user.pk}",
    )


digests.part("news", digests.NEWS, digests.count_of_news, news_for_digest, position=40)
