"""WeCom (企业微信) group robots.

https://developer.work.weixin.qq.com/document/path/91770: POST {"msgtype": "text", "text": {"content": …}} to the
address with its key; at most 2,048 bytes of text, 20 messages a minute (45009); {"errcode": 0} is success. There is no
signature: the key in the address is the secret.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from crm.automation.connectors.outcome import Outcome, by_code, shortened
from crm.core.egress import Answer

SIGNS = False


def call(address: str, secret: str, text: str, now: datetime.datetime) -> tuple[str, Mapping[str, Any]]:
    """The address as it is; a text message mentions nobody, whatever it says."""
    return address, {"msgtype": "text", "text": {"content": shortened(text, 2048)}}


def read(answer: Answer) -> Outcome:
    """By `errcode`."""
    return by_code(answer, "errcode", frozenset({45009}))
