"""The kind of record these tests approve, and the company that decides."""

import pytest

from crm.approvals import registry
from crm.approvals.tests.factories import EFFECTS, KIND, led_company
from crm.identity.tests.factories import make_team, make_user


@pytest.fixture(autouse=True)
def _thing(monkeypatch):
    monkeypatch.setitem(registry.KINDS, "thing", KIND)
    EFFECTS.clear()


@pytest.fixture
def company(db):
    return led_company()


@pytest.fixture
def thing(company):
    return make_team("Thing", company.company)


@pytest.fixture
def people(company):
    """Who the worked example of the domain asks beside the demo company: legal, and two general managers."""
    legal = make_user("legal1", "finance", company.finance)
    gm = [make_user(f"gm{n}", "executive", company.company) for n in (1, 2)]
    return {"legal": legal, "gm1": gm[0], "gm2": gm[1]}
