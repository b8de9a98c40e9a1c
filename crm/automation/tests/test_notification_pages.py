"""The bell and its preferences in the browser."""

import pytest
from django.urls import reverse

from crm.automation import kinds, services
from crm.automation.models import Notification, NotificationPreference
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
    client.post("/settings/notifications/", {"transferred_email": "on"})
    saved = NotificationPreference._base_manager.get(user=reader, kind="transferred")
    assert (saved.in_app, saved.email) == (False, True)
