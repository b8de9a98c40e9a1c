"""The contracts that lists and resources inherit, tried on the probe."""

import pytest

from accounts.models import Customer
from crm.core.hooks import hooks
from crm.listing.rest.testing import ResourceContract
from crm.listing.testing import ListPageContract
from crm.tests.probe import PROBE


def make(owner, number):
    row = Customer(name=f"客户{number}", owner=owner, team=owner.team)
    row.fill_search()
    row.save()
    return row


@pytest.mark.urls("crm.tests.probe")
class TestProbeList(ListPageContract):
    listing = PROBE
    queries = ("next_follow_up_at=overdue", "tier=A&tier=B", "size_min=3", "deal=true")

    @pytest.fixture(autouse=True)
    def registered(self, monkeypatch):
        monkeypatch.setitem(hooks.list_pages, "probe", PROBE)

    def make(self, owner, number):
        return make(owner, number)


@pytest.mark.urls("crm.tests.probe")
class TestProbeResource(ResourceContract):
    path = "/api/probe/probes/"
    listing = PROBE
    new = {"name": "新客户"}
    change = {"name": "改名"}

    def make(self, owner, number):
        return make(owner, number)
