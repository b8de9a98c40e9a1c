import http.server
import threading

import pytest
from django.test import override_settings

from crm.automation.tests.group_chat import GroupChat


@pytest.fixture
def chat():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), GroupChat)
    server.seen, server.status, server.kind, server.answer = [], 200, "dingtalk", None
    server.address = f"http://127.0.0.1:{server.server_port}/robot/send?access_token=tok3n"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    with override_settings(EGRESS_LOOPBACK=True):
        yield server
    server.shutdown()
    server.server_close()
