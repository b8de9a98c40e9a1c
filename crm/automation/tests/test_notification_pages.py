"""The bell and its preferences in the browser."""

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from crm.automation import kinds, queries, services
from crm.automation.models import Notification, NotificationPreference
from crm.automation.services.unsubscribing import unsubscribe_url
from crm.identity.tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    user = make_user("reader", language="en")
    client.force_login(user)
    return user


@pytest.fixture
def note(reader):
    params = {"actor": "Lin", "record": "<b>Acme</b>"}
    return services.notify([reader], kinds.TRANSFERRED, params=params, dedupe="1", url="/customers/5/")[0]


def test_the_bell_shows_ones_news_escaped(client, note):
    page = client.get("/notifications/").content.decode()
    assert "Lin transferred &lt;b&gt;Acme&lt;/b&gt; to you" in page


@pytest.mark.parametrize("place", ["²", "9" * 5000, "x", "-1"])
def test_a_place_that_is_none_shows_the_newest(client, note, place):
    page = client.get("/notifications/", {"before": place})
    assert page.status_code == 200 and "Acme" in page.content.decode()


def test_opening_one_marks_it_read_and_goes_there(client, note):
    response = client.post(reverse("notification_open", args=[note.pk]))
    assert response.headers["Location"] == "/customers/5/"
    note.refresh_from_db()
    assert note.read_at


def test_a_foreign_address_is_not_followed(client, note):
    Notification._base_manager.update(url="https://evil.example/")
    response = client.post(reverse("notification_open", args=[note.pk]))
    assert response.headers["Location"] == "/notifications/"


def test_reading_never_writes(client, note):
    client.get("/notifications/")
    note.refresh_from_db()
    assert note.read_at is None


def test_marks_one_and_all_read(client, note):
    response = client.post(reverse("notification_read"), {"id": note.pk}, headers={"HX-Request": "true"})
    assert 'id="notifications"' in response.content.decode()
    services.mark_unread(note.user, [note.pk])
    assert client.post(reverse("notification_read")).status_code == 302
    note.refresh_from_db()
    assert note.read_at


def test_somebody_elses_is_not_found(client, note):
    client.force_login(make_user("other"))
    assert client.post(reverse("notification_open", args=[note.pk])).status_code == 404
    assert client.post(reverse("notification_read"), {"id": note.pk}).status_code == 404
    assert client.post(reverse("notification_read"), {"id": "x"}).status_code == 404


def test_strangers_are_sent_to_sign_in(client, note):
    client.logout()
    for name in ("notification_list", "notification_preferences"):
        assert client.get(reverse(name)).status_code == 302


def test_preferences_are_saved_and_shown(client, reader):
    assert client.get("/settings/notifications/").status_code == 200
    data = {"transferred_email": "on", "digest_email": "on", "digest_at": "07:45"}
    client.post("/settings/notifications/", data)
    saved = NotificationPreference._base_manager.get(user=reader, kind="transferred")
    assert (saved.in_app, saved.email, saved.digest) == (False, True, False)
    assert (reader.rhythm.digest_at.strftime("%H:%M"), reader.rhythm.digest_in_app) == ("07:45", False)
    assert 'value="07:45"' in client.get("/settings/notifications/").content.decode()


def test_quiet_hours_need_both_ends(client, reader):
    data = {"digest_at": "08:30", "quiet_from": "22:00"}
    assert client.post("/settings/notifications/", data).status_code == 422
    assert not NotificationPreference._base_manager.exists()


class TestUnsubscribing:
    def url(self, reader, kind="transferred"):
        return unsubscribe_url(reader, kind).removeprefix("http://127.0.0.1:8000")

    def mails(self, reader, kind=kinds.TRANSFERRED):
        return queries.ways([reader], kind)[reader.pk][1]

    def test_the_page_asks_first_and_reading_never_writes(self, client, reader):
        client.logout()
        page = client.get(self.url(reader)).content.decode()
        assert "Records transferred to me" in page
        assert self.mails(reader)
        assert client.post(self.url(reader)).status_code == 200
        assert not self.mails(reader)
        assert queries.ways([reader], kinds.TRANSFERRED)[reader.pk][0]  # the bell stays

    def test_one_click_of_a_mail_program_needs_no_cookie(self, reader):
        stranger = Client(enforce_csrf_checks=True)
        assert stranger.post(self.url(reader), {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert stranger.post(self.url(reader), {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert not self.mails(reader)

    def test_the_digest(self, client, reader):
        client.post(self.url(reader, "digest"))
        assert (reader.rhythm.digest_email, reader.rhythm.digest_in_app) == (False, True)

    def test_a_forged_one_is_not_found(self, client, reader):
        client.logout()
        forged = signing.dumps([reader.pk, "transferred"], salt="something else")
        url = self.url(reader)
        for bad in (
            f"/notifications/unsubscribe/{forged}/",
            f"{url[:-3]}x/",
            "/notifications/unsubscribe/x/",
        ):
            assert client.post(bad).status_code == 404
        assert self.mails(reader)
