"""DingTalk (钉钉) group robots.

https://open.dingtalk.com/document/robots/custom-robot-access: POST {"msgtype": "text", "text": {"content": …}};
with the security setting "sign" (加签) the address carries `timestamp` (milliseconds) and `sign`: the HMAC-SHA256 of
"timestamp\\nsecret" with the secret as key, in Base64, percent-encoded. {"errcode": 0} is success; more than 20 messages
a minute are refused (130101, 410100).
"""

import base64
import datetime
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from crm.automation.connectors.outcome import Outcome, by_code, shortened
from crm.core.egress import Answer

SIGNS = True


def call(address: str, secret: str, text: str, now: datetime.datetime) -> tuple[str, Mapping[str, Any]]:
    """The address with time and signature; the message mentions nobody."""
    payload = {
        "msgtype": "text",
        "text": {"content": shortened(text, 5000)},
        "at": {"isAtAll": False},
    }
    if not secret:
        return address, payload
    timestamp = str(int(now.timestamp() * 1000))
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    query = urlencode({"timestamp": timestamp, "sign": base64.b64encode(digest).decode()})
    return f"{address}{'&' if urlsplit(address).query else '?'}{query}", payload


def read(answer: Answer) -> Outcome:
    """By `errcode`."""
    return by_code(answer, "errcode", frozenset({130101, 410100}))
