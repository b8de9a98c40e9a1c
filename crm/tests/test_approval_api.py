"""The REST resource: the page's own set, decisions as actions."""

import pytest

from crm.approvals import registry, services
from crm.approvals.tests.factories import KIND, ask, asked, led_company, make_flow, superior
from crm.console.approval_listing import APPROVALS
from crm.identity.tests.factories import actor, make_team
from crm.listing.rest.testing import Caller, ResourceContract
from crm.listing.testing import ListPageContract

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _thing():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry.KINDS, "thing", KIND)
        yield


@pytest.fixture
def company(db):
    return led_company()


@pytest.fixture
def thing(company):
    return make_team("Thing", company.company)


def _made(owner, number):
    return ask(make_team(), owner, str(number))


class TestApprovalsResource(ResourceContract):
    path = "/api/v1/approvals/"
    listing = APPROVALS
    forbidden = None
    deletable = False

    def make(self, owner, number):
        return _made(owner, number)


class TestApprovalsList(ListPageContract):
    listing = APPROVALS
    forbidden = None

    def rename(self, record, name):
        type(record)._base_manager.filter(pk=record.pk).update(title=name[:200])

    def make(self, owner, number):
        return _made(owner, number)


@pytest.fixture
def request_(company, thing):
    make_flow([superior()], [superior(2)])
    return ask(thing, company.sales1)


def at(request, verb=""):
    return f"/api/v1/approvals/{request.pk}/{verb}"


def test_submit_and_decide(company, thing):
    make_flow([superior()])
    call = Caller(company.sales1)
    made = call("POST", "/api/v1/approvals/", {"kind": "thing", "record": thing.pk, "note": "once"})
    assert made.status_code == 201 and made.json()["state"] == "pending"
    again = call("POST", "/api/v1/approvals/", {"kind": "thing", "record": thing.pk})
    assert again.status_code == 409 and again.json()["code"] == "pending"
    absent = call("POST", "/api/v1/approvals/", {"kind": "thing", "record": 999_999_999})
    assert absent.status_code == 400 and "record" in absent.json()["errors"]
    path = f"/api/v1/approvals/{made.json()['id']}/"
    assert call("POST", f"{path}approve/").status_code == 403  # a salesperson has no such right
    manager = Caller(company.manager1)
    done = manager("POST", f"{path}approve/", {"comment": "fine"})
    assert done.status_code == 200 and done.json()["state"] == "approved"
    assert done.json()["steps"][0]["tasks"][0]["comment"] == "fine"
    assert manager("POST", f"{path}approve/").status_code == 200  # again: nothing new
    assert manager("POST", f"{path}reject/", {"comment": "no"}).status_code == 409
    assert call("POST", f"{path}withdraw/").status_code == 409


def test_who_is_not_asked_is_refused(company, request_):
    assert Caller(company.exec)("POST", at(request_, "approve/")).status_code == 403
    assert Caller(company.manager1)("POST", at(request_, "withdraw/")).status_code == 403
    assert Caller(company.manager2)("POST", at(request_, "approve/")).status_code == 404


def test_handed_on_and_sent_back(company, request_):
    call = Caller(company.manager1)
    hidden = call("POST", at(request_, "transfer/"), {"to": 999_999_999})
    assert hidden.status_code == 400
    mine = call("POST", at(request_, "transfer/"), {"to": company.sales1.pk})
    assert mine.status_code == 400 and "to" in mine.json()["errors"]
    assert call("POST", at(request_, "transfer/"), {"to": company.finance1.pk}).status_code == 200
    other = Caller(company.finance1)
    signer = {"to": company.manager2.pk, "place": "after"}
    assert other("POST", at(request_, "add-signer/"), signer).status_code == 200
    stale = other("POST", at(request_, "approve/"), {"version": 1})
    assert stale.status_code == 409
    assert other("POST", at(request_, "approve/")).status_code == 200
    assert asked(request_) == ["manager2"]
    step = request_.steps.first().pk
    back = Caller(company.manager2)("POST", at(request_, "return/"), {"comment": "why?", "step": step})
    assert back.status_code == 200 and asked(request_) == ["finance1"]
    assert Caller(company.sales1)("POST", at(request_, "nudge/")).status_code == 200
    assert Caller(company.sales1)("POST", at(request_, "nudge/")).json()["code"] == "too_soon"
    copied = {"people": [company.marketing1.pk]}
    assert Caller(company.sales1)("POST", at(request_, "copy/"), copied).status_code == 200
    assert (
        Caller(company.marketing1)("POST", at(request_, "comment/"), {"comment": "seen"}).status_code == 200
    )


def test_taken_back(company, request_):
    call = Caller(company.manager1)
    call("POST", at(request_, "approve/"))
    assert call("POST", at(request_, "take-back/")).status_code == 200
    assert asked(request_) == ["manager1"]
    services.approve(request_, user=company.manager1, actor=actor(company.manager1))
    services.approve(request_, user=company.director, actor=actor(company.director))
    assert call("POST", at(request_, "take-back/")).status_code == 409
