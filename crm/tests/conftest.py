"""What the tests above all layers share."""

from collections.abc import Iterator
from copy import deepcopy

import pytest
from django.db import connection, transaction

from crm.tests.world import World, make_world


@pytest.fixture(scope="module")
def made_world(django_db_setup, django_db_blocker) -> Iterator[World]:
    """One world for all tests of a file; what each of them writes is undone after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = make_world()
        connection.check_constraints()  # once; what is left to look at would be looked at after every test
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def world(made_world: World, db: None) -> World:
    """The world of the file, as it was before any test."""
    return deepcopy(made_world)
