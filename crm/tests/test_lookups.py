"""Conditions of our own beside Django's."""

import pytest

from crm.identity.models import User

pytestmark = pytest.mark.django_db


def test_any_of_finds_the_same_rows_as_in(company):
    ids = [company.sales1.pk, company.finance1.pk]
    assert set(User.objects.filter(pk__any_of=ids)) == {company.sales1, company.finance1}
    assert set(User.objects.filter(username__any_of={"sales1"})) == {company.sales1}
    team = company.sales1.team_id
    assert set(User.objects.filter(team__any_of=[team])) == set(User.objects.filter(team__in=[team]))
    assert not User.objects.filter(pk__any_of=[])
