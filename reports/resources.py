"""Targets as sheets have them: a person or a team, a period, an amount."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.resources.words import spellings
from crm.core.money import BASE_CURRENCY
from crm.core.text import fold
from crm.core.writes import RuleBroken
from crm.identity.models import Team, User
from crm.listing.importing.resource import Column, ImportResource, Key, Run, StagedRow
from crm.listing.importing.widgets import AmountWidget, CellError, ChoiceWidget, LookupWidget
from reports.models import Metric, Quota
from reports.queries.reach import may_set_for, may_set_for_team
from reports.rules.periods import Period, parse_period
from reports.services import delete_quota, set_quota
from reports.words import period_label

METRICS = {
    "won_value": "金额|赢单金额|签约额|销售额|业绩|amount|revenue|value",
    "won_count": "笔数|赢单数|商机数|单数|count|deals",
}


def read_person(run: Run, text: str) -> int:
    """A colleague whose targets the importer may set."""
    person = run.people.by_id[run.people.author(text)] if run.people.anybody else _named(run, text)
    person = User._base_manager.get(pk=person.pk)
    if not person.is_active or not may_set_for(run.user, person):
        raise CellError("person", _("You cannot set the targets of %(name)s.") % {"name": person.name})
    return person.pk


def _named(run: Run, text: str) -> User:
    found = run.people.by_key.get(fold(text), [])
    if len(found) != 1:
        raise CellError("unknown_person", _("Nobody here is called %(name)s.") % {"name": text[:40]})
    return found[0]


def read_team(run: Run, text: str) -> int:
    """A team whose own target the importer may set."""
    teams = run.once("teams", lambda: list(Team._base_manager.filter(is_active=True)))
    found = [team for team in teams if fold(team.name) == fold(text)]
    if len(found) != 1 or not may_set_for_team(run.user, found[0]):
        raise CellError(
            "team", _("There is no team called %(name)s whose target you may set.") % {"name": text[:40]}
        )
    return found[0].pk


def read_period(run: Run, text: str) -> str:
    """A month, quarter or year as sheets write it: 2026-11, 2026年11月, 2026Q4, 2026."""
    plain = (
        text.replace("年", "-")
        .replace("月", "")
        .replace("第", "")
        .replace("季度", "")
        .replace("/", "-")
        .strip("- ")
    )
    year, _sep, rest = plain.partition("-")
    tried = [plain, f"{year}-{rest.zfill(2)}"]
    if "季" in text:
        tried = [f"{year}Q{'一二三四'.find(rest) + 1 or rest}"]
    for one in tried:
        if (found := parse_period(one, run.today)) is not None:
            return found.key
    raise CellError("period", _("Write a period as 2026-11, 2026Q4 or 2026."))


class QuotaResource(ImportResource):
    """Targets: of a person, or of a team where no person is named."""

    slug = "quotas"
    model = Quota
    noun = gettext_lazy("Targets")
    sheet_names = "目标|销售目标|业绩目标|targets|quotas"
    keys = (Key("who", gettext_lazy("person or team, and period"), str),)

    who = Column(
        "who",
        label=gettext_lazy("Person"),
        synonyms="人员|姓名|销售|负责人|业务员|person|owner|sales rep",
        widget=LookupWidget(read_person),
        example="林晓雯",
    )
    team = Column(
        "team",
        label=gettext_lazy("Team"),
        synonyms="团队|部门|组|team|department",
        widget=LookupWidget(read_team),
        note=gettext_lazy("For a team's own target; leave the person empty"),
    )
    period = Column(
        "period",
        label=gettext_lazy("Period"),
        synonyms="期间|月份|月|季度|年份|时间|period|month|quarter",
        widget=LookupWidget(read_period),
        required=True,
        example="2026-11",
    )
    metric = Column(
        "metric",
        label=gettext_lazy("Counts"),
        synonyms="计量|指标|类型|metric",
        widget=ChoiceWidget(spellings(METRICS, Metric)),
    )
    amount = Column(
        "amount",
        label=gettext_lazy("Target"),
        synonyms="目标|目标金额|目标值|任务|指标值|target|quota|amount",
        widget=AmountWidget(),
        required=True,
        example="500000",
    )

    def check(self, run: Run, row: StagedRow) -> None:
        """A target is of a person or of a team; by amount unless the sheet says otherwise."""
        row.cleaned.setdefault("metric", str(Metric.WON_VALUE))
        if not row.errors and not row.cleaned.get("who") and not row.cleaned.get("team"):
            row.fail("required", _("Name a person or a team."), run.headers.get("who", ""), "who")

    def key_of(self, run: Run, row: StagedRow) -> str:
        """Whose, for when and of what: there is one target for each."""
        values = row.cleaned
        who = f"u{values['who']}" if values.get("who") else f"t{values.get('team', '')}"
        return f"{who}|{values.get('period', '')}|{values.get('metric') or Metric.WON_VALUE}"

    def find(self, run: Run, keys: Sequence[str]) -> dict[str, list[int]]:
        """The targets that are there already."""
        found: dict[str, list[int]] = {}
        for key in keys:
            who, period, metric = key.split("|")
            parsed = parse_period(period, run.today)
            if parsed is None or not who[1:].isdecimal():
                continue
            owner = {"user": int(who[1:])} if who[0] == "u" else {"user": None, "team": int(who[1:])}
            rows = Quota.objects.filter(**owner, kind=parsed.kind, first_date=parsed.first, metric=metric)
            if ids := list(rows.values_list("pk", flat=True)):
                found[key] = ids
        return found

    def current(self, run: Run, rows: Sequence[StagedRow]) -> dict[int, dict[str, Any]]:
        """What the targets are now."""
        found = Quota.objects.in_bulk([row.target_id for row in rows])
        return {
            row.number: {
                "who": one.user_id,
                "team": one.team_id,
                "period": one.period.key,
                "metric": one.metric,
                "amount": str(one.amount),
            }
            for row in rows
            if (one := found.get(row.target_id or 0))
        }

    def create(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Set new targets."""
        for row in rows:
            self._set(run, row)

    def update(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Change targets that are there."""
        for row in rows:
            self._set(run, row)

    def _set(self, run: Run, row: StagedRow) -> None:
        values = row.cleaned
        period = parse_period(values["period"], run.today)
        before = Quota.objects.filter(pk=row.target_id).first() if row.target_id else None
        try:
            made = set_quota(
                period=period or Period(run.today, "month"),
                amount=Decimal(values["amount"]),
                metric=values.get("metric") or Metric.WON_VALUE,
                user=User._base_manager.get(pk=values["who"]) if values.get("who") else None,
                team=Team._base_manager.get(pk=values["team"])
                if values.get("team") and not values.get("who")
                else None,
                currency=before.currency if before else BASE_CURRENCY,
                actor=run.actor,
            )
        except RuleBroken as error:
            row.fail(error.code, str(error), run.headers.get("amount", ""), "amount")
            return
        row.before = {"amount": str(before.amount) if before else None, "version": made.version}
        row.target_id = made.pk

    def take_back(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Undo what an import set, as far as nobody has changed it since."""
        found = Quota.objects.in_bulk([row.target_id for row in rows])
        for row in rows:
            quota = found.get(row.target_id or 0)
            if quota is None or quota.version != row.before.get("version"):
                row.keep(_("Somebody has changed this target since."))
            elif row.before.get("amount") is None:
                delete_quota(quota, actor=run.actor)
            else:
                set_quota(
                    period=quota.period, amount=Decimal(row.before["amount"]), metric=quota.metric, user=quota.user,
                    team=quota.team, currency=quota.currency, actor=run.actor,
                )  # fmt: skip

    def shown(self, run: Run, name: str, value: Any) -> str:
        """Values in words."""
        if name == "who":
            return str(run.people.by_id.get(value, value))
        if name == "team":
            teams = run.once("team names", lambda: dict(Team._base_manager.values_list("pk", "name")))
            return str(teams.get(value, value))
        if name == "metric":
            return str(dict(Metric.choices).get(value, value))
        if name == "period" and (period := parse_period(str(value), run.today)):
            return period_label(period)
        return super().shown(run, name, value)
