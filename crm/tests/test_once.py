"""A form that arrives twice has one effect; what is meant twice is done twice."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from crm.identity.models import Team
from crm.records.models import IdempotencyKey, Tag

pytestmark = pytest.mark.django_db

ADD = "/settings/tags/add/"
FORM = {"name": "重点", "colour": "teal", "is_active": "on", "csrfmiddlewaretoken": "of-one-page"}


@pytest.fixture
def admin(client, company):
    client.force_login(company.admin)
    return client


def test_the_second_click_leads_where_the_first_one_led(admin):
    first, second = admin.post(ADD, FORM), admin.post(ADD, FORM)
    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"]
    assert Tag.objects.filter(name="重点").count() == 1


def test_in_a_drawer_it_gets_the_same_headers(admin):
    htmx = {"HX-Request": "true", "HX-Target": "drawer"}
    first, second = (admin.post(ADD, FORM, headers=htmx) for _click in range(2))
    assert second.status_code == 204
    kept = {name: value for name, value in first.headers.items() if name.startswith("HX-")}
    assert kept and kept.items() <= second.headers.items()


def test_a_form_with_errors_may_be_sent_again(admin):
    assert admin.post(ADD, {**FORM, "name": ""}).status_code == 422
    assert not IdempotencyKey._base_manager.exists()
    assert admin.post(ADD, FORM).status_code == 302
    assert Tag.objects.filter(name="重点").exists()


def test_another_name_another_page_or_a_later_hour_mean_another_record(admin):
    add, team = "/settings/organisation/teams/add/", {"name": "新组", "csrfmiddlewaretoken": "a"}
    again = [{**team, "name": "另一组"}, {**team, "csrfmiddlewaretoken": "b"}]
    before = Team.objects.count()
    for form in [team, team, *again]:
        assert admin.post(add, form).status_code in (302, 422)
    made = Team.objects.count() - before
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        answer = admin.post(add, team)
    # A second team of one name is refused or made, but never taken for the first click.
    assert (made, answer.status_code) in [(2, 422), (3, 302)]


def test_a_secret_is_shown_once_and_not_kept(client, company):
    client.force_login(company.sales1)
    form = {"name": "ERP", "read_only": "on", "days": "30", "csrfmiddlewaretoken": "of-one-page"}
    secret = client.post("/settings/tokens/", form).context["secret"]
    again = client.post("/settings/tokens/", form)
    assert again.status_code == 302
    assert secret not in str(IdempotencyKey._base_manager.values_list("body", "location"))
