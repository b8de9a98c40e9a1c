"""The command palette's answer beside the search of the customer list alone, at every level of people."""

from functools import partial

from django.test import Client

from crm.demo.bench.company import viewers
from crm.demo.bench.figures import Figure, cpu_ms, server_ms, statements
from crm.demo.bench.lists import signed_in

TEXTS = {"two characters": "精密", "one character": "李", "pinyin": "yunqi", "part of a number": "7392"}
STATEMENTS, TIMES = 8, 2.0
AGAINST = "the customer list's search"


def measure() -> list[Figure]:
    """Every level of people × what one types: how many statements, and what server and database work for it."""
    found: list[Figure] = []
    for level, user in viewers().items():
        client = signed_in(user)
        for name, text in TEXTS.items():
            palette = partial(_ask, client, "/palette/", text, "palette-answer")
            search = partial(_ask, client, "/customers/", text, "list")
            asked, database = _statements(palette)
            _asked, alone = _statements(search)
            own, own_alone = cpu_ms(palette, search)
            bar = TIMES * (alone + own_alone)
            what = f"{level}, {name}"
            found += [
                Figure("palette", f"{what}: statements", asked, "", bar=STATEMENTS),
                Figure("palette", f"{what}: database", database, "ms", alone, AGAINST),
                Figure("palette", f"{what}: answer", own + database, "ms", own_alone + alone, AGAINST, bar),
            ]
    return found


def _statements(ask: partial[None]) -> tuple[int, float]:
    ask()  # what a process remembers between requests counts once, not for each answer
    with statements() as executed:
        ask()
    return len(executed), server_ms(executed)


def _ask(client: Client, address: str, text: str, target: str) -> None:
    answer = client.get(address, {"q": text}, headers={"hx-request": "true", "hx-target": target})
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")
