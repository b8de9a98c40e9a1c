"""A reader of a record sees its files and no more: not what else is in them, not what only others may do with them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.tests.factories import make_customer
from crm.identity.models import User
from crm.identity.tests.factories import actor
from crm.identity.tests.rights import said, take
from crm.listing.rest.testing import Caller
from crm.records import services as records

pytestmark = pytest.mark.django_db


def attach(record, person: User, name: str):
    stored = records.store_upload(SimpleUploadedFile(name, b"words"), user=person, actor=actor(person))
    return records.attach_files(record, [stored], actor=actor(person))[0]


@pytest.fixture
def customer(company):
    """With four files, one in the bin, and one of a follow-up."""
    User._base_manager.update(language="en")
    mine = company.sales1
    customer = make_customer(mine)
    rows = [attach(customer, mine, f"{word}.txt") for word in ("one", "two", "three", "gone")]
    records.remove_file(rows.pop(), actor=actor(mine))
    told = services.log_follow_up(kind="call", customer=customer, body="x", author=mine, actor=actor(mine))
    attach(told.activity, mine, "spoken.txt")
    return customer


def test_who_reads_a_record_is_offered_nothing_to_remove_or_bring_back(company, customer):
    row = customer.files.first()
    every, one = (
        reverse("record_files", args=["customers", customer.pk]),
        row_url("record_file", customer, row),
    )
    remove = row_url("record_file_delete", customer, row)
    for url, words in ((every, remove), (every, "gone.txt"), (one, remove)):
        owner, reader = said(company.sales1, url), said(company.marketing1, url)
        assert words in owner and row.file.name in reader and words not in reader, (url, words)


def row_url(name: str, customer, row) -> str:
    return reverse(name, args=["customers", customer.pk, row.pk])


def test_files_of_follow_ups_are_shown_and_counted_for_who_sees_follow_ups(company, customer):
    attach(customer, company.sales1, "four.txt")
    every = reverse("record_files", args=["customers", customer.pk])
    panel = f"{every}?part=panel"
    both = [said(company.sales1, url) for url in (every, panel)]
    take(company.sales1, "view_activity")
    left = [said(company.sales1, url) for url in (every, panel)]
    assert "spoken.txt" in both[0] and "spoken.txt" not in left[0]
    assert '<span class="count">5</span>' in both[1] and '<span class="count">4</span>' in left[1]


def test_a_role_that_sees_no_customers_is_refused_their_files_by_the_api(company, customer):
    place = ["customers", customer.pk, customer.files.first().pk]
    one, back = (reverse(f"api-record-files-{act}", args=place) for act in ("detail", "restore"))
    call = Caller(company.sales1)
    assert call("GET", one).status_code == 200
    assert call("POST", back).status_code == 404  # it is not in the bin
    take(company.sales1, "view_customer")
    assert [call("GET", one).status_code, call("POST", back).status_code] == [403, 403]


def test_what_is_uploaded_for_a_draft_is_given_up_by_its_uploader_alone(company):
    upload = SimpleUploadedFile("draft.txt", b"words")
    mine = company.sales1
    stored = records.store_upload(upload, user=mine, actor=actor(mine))
    discard = reverse("upload_discard", args=[stored.pk])
    answers = []
    for who in (company.manager1, company.sales1):
        client = Client()
        client.force_login(who)
        answers.append(client.post(discard).status_code)
    assert answers == [404, 204]


def test_who_adds_to_no_kind_of_record_uploads_nothing(company):
    client = Client()
    client.force_login(company.sales1)
    role = company.sales1.role.group
    role.permissions.remove(*role.permissions.filter(codename__regex="^(change|comment)_"))
    upload = {"files": [SimpleUploadedFile("a.txt", b"words")]}
    assert client.post(reverse("upload_new"), upload).status_code == 403
