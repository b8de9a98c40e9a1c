"""What pages show and requests do with a right of a role, and without it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.test import Client

from crm.identity.models import User


def browser_of(person: User) -> Client:
    """A browser in which somebody has signed in."""
    client = Client()
    client.force_login(person)
    return client


def said(person: User, url: str) -> str:
    """What an address says to somebody; nothing where it does not open."""
    answer = browser_of(person).get(url)
    return answer.content.decode(errors="replace") if answer.status_code == 200 else ""


def take(person: User, rights: str) -> None:
    """Take rights from somebody's role, as an administrator would."""
    assert person.role is not None and person.role.group is not None
    held = person.role.group.permissions
    for right in rights.split():
        held.remove(held.get(codename=right))


def words_go_with_rights(company: Any, looks: Iterable[tuple[str, str, str, str]]) -> None:
    """Who looks where, the right that is taken away, and the words that stand there with it alone."""
    whole: dict[tuple[str, str], str] = {}
    for name, url, rights, words in looks:
        person = getattr(company, name)
        if (name, url) not in whole:
            whole[name, url] = said(person, url)
        with transaction.atomic():
            take(person, rights)
            left = said(person, url)
            transaction.set_rollback(True)
        assert words in whole[name, url] and words not in left, (name, url, rights, words)


def answers_go_with_rights(
    company: Any, sent: Iterable[tuple[str, str, Mapping[str, Any], str, int, int]]
) -> None:
    """Who sends what where, the right that is taken away, and the answers with it and without it."""
    for name, url, data, right, whole, left in sent:
        person, found = getattr(company, name), []
        client = browser_of(person)
        for rights in ("", right):
            with transaction.atomic():
                take(person, rights)
                found.append(client.post(url, data).status_code)
                transaction.set_rollback(True)
        assert found == [whole, left], (url, data, right)
