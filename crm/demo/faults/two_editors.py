"""F13: two people save the same record from the same state; one of them is told, nobody is overwritten in silence."""

import threading
from typing import Any

from django.db import connection
from django.test import Client
from django.urls import reverse

from crm.demo.faults import world
from crm.demo.faults.outcome import Outcome
from crm.demo.faults.stage import Stage
from crm.identity.models import User


class Editor:
    """Somebody who saves the address of a customer in three ways, as one who saw this version of it."""

    def __init__(self, user: User) -> None:
        self.browser = Client(headers={"host": "127.0.0.1"}, raise_request_exception=False)
        self.browser.force_login(user)

    def by_api(self, pk: int, version: int, address: str) -> Any:
        """The API, with the version in the body."""
        body = {"address": address, "version": version}
        return self.browser.patch(f"/api/v1/customers/{pk}/", body, content_type="application/json")

    def by_condition(self, pk: int, version: int, address: str) -> Any:
        """The API, with the version as a condition."""
        body, when = {"address": address}, {"If-Match": f'"{version}"'}
        return self.browser.patch(
            f"/api/v1/customers/{pk}/", body, content_type="application/json", headers=when
        )

    def in_place(self, pk: int, version: int, address: str) -> Any:
        """The field on the record's page."""
        data = {"address": address, "version": version}
        return self.browser.post(reverse("customer_field", args=[pk, "address"]), data)


def play(stage: Stage, cycles: int) -> Outcome:
    """So many races, by API, with If-Match and in place by turns; both start from one version at one moment."""
    with stage.plain_pages():
        return _play(stage, cycles)


def _play(stage: Stage, cycles: int) -> Outcome:
    people = world.people()
    mine = world.customer(people["sales1"])
    editors = [Editor(people["sales1"]), Editor(people["manager1"])]
    outcome, refused, silent = Outcome("two people save one record from one version at one moment"), 0, 0
    for cycle in range(cycles):
        way = ("by_api", "by_condition", "in_place")[cycle % 3]
        version = stage.count("SELECT version FROM accounts_customer WHERE id = %s", [mine.pk])
        answers = _race(editors, way, mine.pk, version, cycle)
        won = [who for who, status in answers.items() if status < 400]
        refused += sum(status in (409, 412) for status in answers.values())
        outcome.check(
            all(status < 400 or status in (409, 412) for status in answers.values()),
            f"{way} answered {answers}",
        )
        outcome.check(len(won) == 1, f"{way}: {len(won)} saved from one version: {answers}")
        ((address, after),) = stage.rows(
            "SELECT address, version FROM accounts_customer WHERE id = %s", [mine.pk]
        )
        silent += max(0, len(won) - 1) + (bool(won) and address != f"{cycle}-{won[0]}")
        outcome.check(after == version + 1, f"{way}: version {version} became {after}")
        if cycle % 100 == 99:
            stage.say(f"{cycle + 1} of {cycles} races")
    outcome.lost = silent
    outcome.counts |= {"races": cycles, "refused with the news": refused, "silent overwrites": silent}
    return outcome


def _race(editors: list[Editor], way: str, pk: int, version: int, cycle: int) -> dict[int, int]:
    """Both at once; the status each was answered."""
    start, answers = threading.Barrier(len(editors)), {}

    def save(number: int) -> None:
        try:
            start.wait()
            answer = getattr(editors[number], way)(pk, version, f"{cycle}-{number}")
            answers[number] = answer.status_code
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=(number,)) for number in range(len(editors))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
