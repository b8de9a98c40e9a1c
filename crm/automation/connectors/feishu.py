"""Feishu (飞书) and Lark group robots.

https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot: POST {"msg_type": "text", "content": {"text": …}};
with the security setting "signature" (签名校验) the body carries `timestamp` (seconds, as text) and `sign`: the
HMAC-SHA256 of nothing with "timestamp\\nsecret" as key, in Base64. {"code": 0} is success, too many messages are 9499 or
11232.
"""

import base64
import datetime
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from crm.automation.connectors.outcome import Outcome, by_code, shortened
from crm.core.egress import Answer

SIGNS = True


def call(address: str, secret: str, text: str, now: datetime.datetime) -> tuple[str, Mapping[str, Any]]:
    """The body with time and signature; a name written like a tag must not ring for everybody in the group."""
    plain = text.replace("<", "＜").replace(">", "＞")
    payload: dict[str, Any] = {"msg_type": "text", "content": {"text": shortened(plain, 15_000)}}
    if secret:
        timestamp = str(int(now.timestamp()))
        digest = hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
        payload |= {"timestamp": timestamp, "sign": base64.b64encode(digest).decode()}
    return address, payload


def read(answer: Answer) -> Outcome:
    """By `code`."""
    return by_code(answer, "code", frozenset({9499, 11232}))
