"""What the console's tests share."""

import pytest


@pytest.fixture
def login(client):
    """Sign somebody in and hand back the browser."""

    def signed_in(user):
        client.force_login(user)
        return client

    return signed_in
