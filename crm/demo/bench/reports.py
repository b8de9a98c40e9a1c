"""Reports over a million opportunities: their aggregates against the barest statement that says the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection, models

from accounts.models import Customer
from crm.core.clock import company_today
from crm.demo.bench.company import viewers
from crm.demo.bench.figures import Figure, server_ms, statements
from crm.identity.models import User
from reports import services
from reports.asked import ask
from reports.declare import REPORTS
from reports.rules.periods import QUARTER, period_of
from sales.models import Opportunity, Stage

DEALS = 1_000_000
TIMES = 1.5
TABLE = Opportunity._meta.db_table

# The barest way to say the same of everybody's deals: no bin of customers, no rights, no currencies converted.
PIPELINE = f"""SELECT stage_id, currency, count(*), sum(amount), sum(amount * probability / 100)
    FROM {TABLE} WHERE deleted_at IS NULL AND status = 'open' {{scope}} GROUP BY stage_id, currency"""  # noqa: S608
FORECAST = f"""SELECT owner_id, currency,
    sum(amount) FILTER (WHERE status = 'won'),
    sum(amount) FILTER (WHERE status = 'open' AND forecast_category = 'commit'),
    sum(amount) FILTER (WHERE status = 'open' AND forecast_category = 'best_case'),
    sum(amount) FILTER (WHERE status = 'open' AND forecast_category = 'pipeline'),
    sum(amount * probability / 100) FILTER (WHERE status = 'open'),
    count(*) FILTER (WHERE status = 'won'), count(*) FILTER (WHERE status = 'open')
    FROM {TABLE} WHERE deleted_at IS NULL {{scope}}
    AND ((status = 'won' AND closed_at BETWEEN %s AND %s)
      OR (status = 'open' AND forecast_category <> 'omitted' AND expected_close_date BETWEEN %s AND %s))
    GROUP BY owner_id, currency"""  # noqa: S608

OURS = f"""CREATE TEMPORARY TABLE ours AS SELECT row_number() OVER (ORDER BY id) - 1 AS place, id, owner_id, team_id
    FROM {Customer._meta.db_table} WHERE deleted_at IS NULL AND owner_id IS NOT NULL"""  # noqa: S608


def measure() -> list[Figure]:
    """The open pipeline and the forecast, for whoever sees all and for a director; and what learned odds cost."""
    fill(DEALS)
    quarter = period_of(company_today(), QUARTER)
    days = [quarter.first, quarter.last]
    found = []
    for level in ("administrator", "director"):
        user = viewers()[level]
        scope = _scope(user)
        found += [
            _figure("open pipeline", level, user, "pipeline", PIPELINE.format(scope=scope), []),
            _figure("forecast", level, user, "forecast", FORECAST.format(scope=scope), days * 2),
        ]
    services.learn()
    user = viewers()["administrator"]
    learned = _server(lambda: _build("forecast", user))
    bare = _bare(FORECAST.format(scope=""), days * 2)
    found.append(
        Figure(
            "reports",
            "forecast by every method, all deals",
            learned,
            "ms",
            bare,
            "bare aggregate",
            rows=DEALS,
        )
    )
    return found


def _figure(what: str, level: str, user: User, slug: str, sql: str, params: list[Any]) -> Figure:
    bare = _bare(sql, params)
    ours = _server(lambda: _build(slug, user))
    return Figure("reports", f"{what}, {level}", ours, "ms", bare, "bare aggregate", TIMES * bare, rows=DEALS)


def _build(slug: str, user: User) -> None:
    report = REPORTS[slug]
    report.build(ask(report, user, {}))


def _server(act: Callable[[], None]) -> float:
    """What the server spends on the deals: the statements that read their table."""
    act()
    with statements() as executed:
        act()
    return server_ms([one for one in executed if TABLE in one[0]])


def _bare(sql: str, params: list[Any]) -> float:
    return server_ms([(sql, params)])


def _scope(user: User) -> str:
    """The teams of a director as one condition; nothing for whoever sees all."""
    if user.username == "admin":
        return ""
    region = user.username.split("_")[1]
    teams = type(user.team)._base_manager.filter(parent__leader__username=f"director_{region}")
    ids = ", ".join(str(pk) for pk in [user.team_id, *teams.values_list("pk", flat=True)])
    return f"AND team_id IN ({ids})"


def fill(count: int) -> None:
    """So many deals of the company's customers, four in ten open, spread over stages and three years."""
    there = Opportunity._base_manager.count()
    if there >= count:
        return
    stages = {one.kind: one for one in Stage.objects.order_by("-position")}
    steps = list(
        Stage.objects.filter(kind=Stage.Kind.OPEN, pipeline=stages["won"].pipeline).order_by("position")
    )
    with connection.cursor() as cursor:
        cursor.execute(OURS)
        cursor.execute("CREATE UNIQUE INDEX ON ours (place)")
        cursor.execute("SELECT count(*) FROM ours")
        customers = cursor.fetchone()[0]
        values = _values(steps, stages)
        columns = ", ".join(f'"{name}"' for name in values)
        cursor.execute(
            f"INSERT INTO {TABLE} ({columns}) SELECT {', '.join(values.values())}"  # noqa: S608
            f" FROM generate_series({there + 1}::bigint, {count}::bigint) AS n"
            f" JOIN ours ON ours.place = n %% {customers}"
            " CROSS JOIN LATERAL (SELECT (n * 7919) %% 10 AS lot, (n * 104729) %% 1000 AS day, (n * 31) %% 4 AS step) AS x",
            [],
        )
        cursor.execute("DROP TABLE ours")
        cursor.execute(f"VACUUM ANALYZE {TABLE}")


def _values(steps: list[Stage], stages: dict[str, Stage]) -> dict[str, str]:
    """An expression for every column, in the terms of `n`, `x` and `ours`."""
    by_step = "(ARRAY[{}])[x.step + 1]"
    stage = by_step.format(", ".join(str(one.pk) for one in steps))
    chance = by_step.format(", ".join(str(one.probability) for one in steps))
    category = by_step.format(", ".join(f"'{one.forecast_category}'" for one in steps))
    ended = "current_date - x.day::int"
    values = {
        "name": "'商机' || n",
        "name_sort": "lpad(n::text, 8, '0')",
        "customer_id": "ours.id",
        "owner_id": "ours.owner_id",
        "team_id": "ours.team_id",
        "pipeline_id": str(steps[0].pipeline_id),
        "stage_id": f"CASE WHEN x.lot < 4 THEN {stage} WHEN x.lot < 7 THEN {stages['won'].pk} ELSE {stages['lost'].pk} END",
        "stage_since": "now() - (x.day %% 120) * interval '1 day'",
        "amount": "((n * 6151) %% 900000 + 1000)::numeric(18, 2)",
        "currency": "'CNY'",
        "probability": f"CASE WHEN x.lot < 4 THEN {chance} WHEN x.lot < 7 THEN 100 ELSE 0 END",
        "forecast_category": f"CASE WHEN x.lot < 4 THEN {category} WHEN x.lot < 7 THEN 'closed' ELSE 'omitted' END",
        "status": "CASE WHEN x.lot < 4 THEN 'open' WHEN x.lot < 7 THEN 'won' ELSE 'lost' END",
        "expected_close_date": "current_date + (x.day %% 200)::int - 60",
        "closed_at": f"CASE WHEN x.lot < 4 THEN NULL ELSE {ended} END",
        "opened_at": f"{ended} - 60",
        "owner_since": "now()",
        "created_at": "now() - x.day * interval '1 day'",
        "updated_at": "now() - x.day * interval '1 day'",
        "version": "1",
    }
    for field in Opportunity._meta.concrete_fields:
        if field.primary_key or field.column in values or field.null:
            continue
        values[field.column] = _empty(field)
    return values


def _empty(field: models.Field) -> str:
    """What stands in a column that says nothing here."""
    kind = field.db_type(connection) or ""
    if kind.endswith("[]"):
        return "'{}'"
    if kind == "jsonb":
        return "'{}'"
    if kind == "boolean":
        return "false"
    return "0" if "int" in kind or "numeric" in kind else "''"
