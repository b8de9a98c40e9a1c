"""A follow-up with a customer in the bin is gone with it, whoever asks."""

import pytest
from django.test import Client

from accounts import services
from accounts.models import Activity
from crm.events.actor import system
from crm.identity import access

SYSTEM = system("tests")


@pytest.mark.parametrize("who", ["sales1", "manager1", "exec", "admin"])
def test_they_go_and_come_back_with_their_customer(client: Client, company, who):
    customer = services.create_customer(name="Acme", owner=company.sales1, actor=SYSTEM).customer
    written = services.log_follow_up(
        kind="note", customer=customer, body="Spoke", author=company.sales1, actor=SYSTEM
    ).activity
    client.force_login(getattr(company, who), "crm.identity.backends.CrmBackend")
    page = f"/api/v1/activities/{written.pk}/"
    assert client.get(page).status_code == 200
    services.delete_customer(customer, actor=SYSTEM)
    assert client.get(page).status_code == 404
    assert not access.visible(Activity, getattr(company, who)).exists()
    services.restore_customer(customer, actor=SYSTEM)
    assert client.get(page).status_code == 200
