"""API tokens: shown once, kept as a digest, dead the moment they should be."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from crm.core.writes import RuleBroken
from crm.events.models import Event
from crm.identity import access, services
from crm.identity.models import ApiToken
from crm.identity.tests.factories import SYSTEM, actor, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return make_user()


def test_a_token_speaks_for_its_owner(user):
    token, secret = services.create_token(user, name="sheet", actor=actor(user))
    assert services.user_of_token(secret) == (user, token)
    assert secret not in str(vars(token)) and secret not in str([vars(e) for e in Event.objects.all()])


@pytest.mark.parametrize("secret", ["", "yk_", "yk_wrong", "x" * 500])
def test_a_wrong_token_speaks_for_nobody(user, secret):
    services.create_token(user, name="sheet", actor=actor(user))
    assert services.user_of_token(secret) is None


def test_an_expired_or_revoked_token_is_dead(user):
    token, secret = services.create_token(
        user, name="a", expires_at=timezone.now() + timedelta(days=1), actor=actor(user)
    )
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    assert services.user_of_token(secret) is None
    token, secret = services.create_token(user, name="b", actor=actor(user))
    services.revoke_token(token, actor=actor(user))
    assert services.user_of_token(secret) is None


def test_somebody_who_left_gets_no_token(user):
    services.deactivate_user(user, actor=SYSTEM)
    user.refresh_from_db()
    with pytest.raises(RuleBroken):
        services.create_token(user, name="late", actor=SYSTEM)


def test_tokens_are_private_even_before_administrators(company):
    token, _secret = services.create_token(company.sales1, name="mine", actor=actor(company.sales1))
    assert list(access.visible(ApiToken, company.sales1)) == [token]
    assert not access.visible(ApiToken, company.admin).exists()


def test_the_command_prints_the_token_alone_on_its_last_line(user, capsys):
    call_command("create_token", user.username)
    secret = capsys.readouterr().out.splitlines()[-1]
    assert services.user_of_token(secret)[0] == user
