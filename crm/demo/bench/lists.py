"""The customer list: against the plain owner-column query in the database, and a bare page in Python."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template import engines
from django.test import Client
from django.test.utils import override_settings
from django.urls import include, path

from accounts.models import Customer
from crm.core.hooks import hooks
from crm.demo.bench.company import viewers
from crm.demo.bench.figures import Figure, cpu_ms, server_ms, statements
from crm.identity.models import User
from crm.listing.selection import select

PAGE = 50
QUERIES = {
    "plain": "",
    "filtered and sorted": "tier=A&sort=name",
    "two characters": "q=精密",
    "one character": "q=李",
    "pinyin": "q=jingmi",
}
BARE = """{% load i18n %}<!doctype html><title>Bare</title><table>{% for row in rows %}<tr>
<td><a href="/customers/{{ row.pk }}/">{{ row.name }}</a></td><td>{{ row.get_kind_display }}</td><td>{{ row.tier }}</td>
<td>{{ row.get_lifecycle_stage_display }}</td><td>{{ row.phone }}</td><td>{{ row.region.name }}</td>
<td>{{ row.owner.name }}</td><td>{{ row.next_follow_up_at|date }}</td><td>{{ row.updated_at|date:"Y-m-d H:i" }}</td></tr>
{% endfor %}</table>"""


@login_required
def bare_page(request: HttpRequest) -> HttpResponse:
    """Fifty rows the way any Django tutorial shows them: the yardstick for the list's rendering."""
    rows = plain_rows(Customer.objects.all(), request.user)
    rows = rows.select_related("owner", "region").order_by("-updated_at", "-id")[:PAGE]
    return HttpResponse(engines["django"].from_string(BARE).render({"rows": rows}, request))


urlpatterns = [path("bench/bare/", bare_page), path("", include("crm.urls"))]
handler500 = "crm.core.errors.server_error"


def plain_rows(rows: QuerySet, user: User) -> QuerySet:
    """What the user sees when it stands in two columns: the yardstick for the rule of who sees what."""
    if user.username == "admin":
        return rows
    if user.username.startswith("seller"):
        return rows.filter(owner_id=user.pk)
    region = user.username.split("_")[1]
    if user.username.startswith("leader"):
        return rows.filter(team_id=user.team_id)
    teams = list(type(user.team)._base_manager.filter(parent__leader__username=f"director_{region}"))
    return rows.filter(team_id__in=[team.pk for team in teams])


def signed_in(user: User) -> Client:
    """A browser in which the user has signed in."""
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(user, backend="crm.identity.backends.CrmBackend")
    return client


def measure() -> list[Figure]:
    """Every level of people × every kind of query."""
    found: list[Figure] = []
    with override_settings(ROOT_URLCONF=__name__):
        for level, user in viewers().items():
            client = signed_in(user)
            for name, query in QUERIES.items():
                found += _figures(f"{level}, {name}", client, user, query)
    return found


def _figures(what: str, client: Client, user: User, query: str) -> list[Figure]:
    address = f"/customers/?{query}"
    _get(client, address)  # what a process remembers between requests counts once, not for each page
    with statements() as executed:
        rows = _get(client, address).content.count(b' data-row="')
    data = [found for found in executed if Customer._meta.db_table in found[0]]
    database = server_ms(data)
    plain = _yardstick(user, query)
    cpu, bare = cpu_ms(lambda: _get(client, address), lambda: _get(client, "/bench/bare/"))
    return [
        Figure("list", f"{what}: database", database, "ms", plain, "owner column", 3 * plain + 2),
        Figure("list", f"{what}: statements", len(executed), "", bar=12),
        Figure("list", f"{what}: processor", cpu, "ms", bare, "bare page", 2 * bare, rows=rows),
    ]


def _yardstick(user: User, query: str) -> float:
    """The same rows by the owner and team columns alone, as one statement."""
    selection = select(hooks.list_pages["customers"], user, QueryDict(query))
    order = selection.order
    sign = "-" if order.descending else ""
    rows = plain_rows(selection.rows, user).order_by(f"{sign}{order.path}", f"{sign}pk")
    with statements() as executed:
        list(rows[: PAGE + 1])
    return server_ms([found for found in executed if Customer._meta.db_table in found[0]])


def _get(client: Client, address: str) -> Any:
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    return answer
