"""A mail server that keeps nothing but the Message-ID of what it has taken."""

import threading
from email import message_from_bytes
from typing import Any

from aiosmtpd.controller import Controller


class MailSink:
    """Takes every mail on a loopback port and notes how often it has seen each Message-ID."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}
        self._lock = threading.Lock()
        self._server: Controller | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return (
            int(self._server.server.sockets[0].getsockname()[1])
            if self._server and self._server.server
            else 0
        )

    @property
    def taken(self) -> int:
        """How many mails came, doubled ones counted twice."""
        with self._lock:
            return sum(self.seen.values())

    @property
    def doubled(self) -> int:
        """How many came more than once."""
        with self._lock:
            return sum(times - 1 for times in self.seen.values())

    def forget(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self.seen.clear()

    def start(self) -> None:
        """Begin to listen."""
        self._server = Controller(self, hostname="127.0.0.1", port=_free_port())
        self._server.start()

    def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.stop()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Note a mail."""
        number = str(message_from_bytes(envelope.content)["Message-ID"])
        with self._lock:
            self.seen[number] = self.seen.get(number, 0) + 1
        return "250 Message accepted for delivery"


def _free_port() -> int:
    from _yuanke.processes import free_port

    return free_port()
