"""The group chats a robot can speak in: one small module each, all with the same two questions.

A connector makes the call out of a robot's address and secret (`call`), and reads from the answer how it went
(`read`). It never talks itself: `crm.core.egress` does.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Protocol

from crm.automation.connectors import dingtalk, feishu, wecom
from crm.automation.connectors.outcome import Outcome
from crm.core.egress import Answer


class Connector(Protocol):
    """What a module of this folder offers."""

    SIGNS: bool  # whether the group chat knows a secret to sign with

    def call(
        self, address: str, secret: str, text: str, now: datetime.datetime
    ) -> tuple[str, Mapping[str, Any]]:
        """The address to call and the JSON to send."""

    def read(self, answer: Answer) -> Outcome:
        """How it went."""


CONNECTORS: dict[str, Connector] = {"wecom": wecom, "dingtalk": dingtalk, "feishu": feishu}

__all__ = ["CONNECTORS", "Connector", "Outcome"]
