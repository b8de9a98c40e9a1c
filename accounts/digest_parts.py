"""What the daily digest says about follow-ups: what is due, what is late, what the team lets lie."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Activity
from accounts.queries import today
from accounts.queries.activities import due_today_q, overdue_q
from crm.automation.digests import MOST_LINES, Found, Line, part
from crm.core import formats
from crm.identity.access import has_verb, scope_of, team_ids_of
from crm.identity.fields import shield
from crm.identity.models import Scope, User
from crm.identity.queries import led_team_ids


def _plans(user: User, late: bool) -> Found | None:
    if not has_verb(user, "view", Activity):
        return None
    rows = today.Whose(user).activities().filter(overdue_q() if late else due_today_q())
    rows = rows.select_related("customer").order_by("due_at", "pk")
    lines, shown = [], list(rows[:MOST_LINES])
    shield(user, shown)
    for row in shown:
        text = f"{row.customer.name} · {row.headline}" if row.customer else row.headline
        at = "" if row.all_day else formats.clock(row.due_at)
        lines.append(Line(text, row.get_absolute_url(), formats.due_day(row.due_at) if late else at))
    return Found(lines, rows.count() if len(lines) == MOST_LINES else len(lines), reverse("today"))


def due(user: User) -> Found | None:
    """What falls due today."""
    return _plans(user, late=False)


def late(user: User) -> Found | None:
    """What should have been done."""
    return _plans(user, late=True)


def team(user: User) -> Found | None:
    """For those who lead a team: who lets follow-ups and customers lie, of the people whose work they see."""
    led = led_team_ids(user)
    if not led or not has_verb(user, "view", Activity):
        return None
    if scope_of(Activity, user) != Scope.ALL:
        led &= team_ids_of(user, Activity)
    rows = today.team_rows(today.Whose(user, True, frozenset(led)))
    lying = [row for row in rows if row.user.pk != user.pk and (row.overdue or row.neglected)]
    lines = []
    for row in lying[:MOST_LINES]:
        numbers = []
        if row.overdue:
            numbers.append(_late_words(row.overdue))
        if row.neglected:
            n = row.neglected
            words = ngettext("%(n)d customer without follow-up", "%(n)d customers without follow-up", n)
            numbers.append(words % {"n": n})
        url = f"{reverse('activity_list')}?owner={row.user.pk}"
        lines.append(Line(str(row.user), url, _(", ").join(numbers)))
    return Found(lines, len(lying), f"{reverse('today')}?who=team")


def _due_words(n: int) -> str:
    return ngettext("%(n)d due today", "%(n)d due today", n) % {"n": n}


def _late_words(n: int) -> str:
    return ngettext("%(n)d overdue", "%(n)d overdue", n) % {"n": n}


def _team_words(n: int) -> str:
    return ngettext("%(n)d colleague is behind", "%(n)d colleagues are behind", n) % {"n": n}


def register() -> None:
    """Declare the parts, in the order of the day."""
    part("due", gettext_lazy("Due today"), _due_words, due, position=10)
    part("late", gettext_lazy("Overdue"), _late_words, late, position=20)
    part("team", gettext_lazy("My team's overdue follow-ups"), _team_words, team, position=30)
