"""Calls to addresses that people typed in: only to public machines, over https, briefly, and never led elsewhere.

The name is resolved once, every address it stands for must be a public one, and the connection goes to that very
address: a name that means another machine a moment later gains nothing. Redirects are answers like any other.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

SECONDS = 5.0
MOST_BYTES = 1024 * 1024

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Public by the books, or by the books of this Python, and yet no business of ours: addresses that stand for others,
# the services that clouds offer their own machines, and what was never handed out.
DENIED = [
    ipaddress.ip_network(one)
    for one in (
        "168.63.129.16/32",  # the wire server of Azure
        "100.100.100.200/32",  # the metadata of Alibaba Cloud
        "192.0.0.0/24",  # the metadata of Oracle Cloud among them
        "192.88.99.0/24",  # 6to4 relays
        "::/96",  # IPv4-compatible
        "64:ff9b::/96",  # NAT64 of any IPv4 address, the loopback included
        "64:ff9b:1::/48",
        "2001::/23",  # Teredo and the like
        "2002::/16",  # 6to4
        "fec0::/10",  # site-local
    )
]


class EgressError(Exception):
    """The call did not take place, or got no answer. The message names no part of the address."""


class Refused(EgressError):
    """The address is not one we call; nothing was sent."""


@dataclass(frozen=True)
class Answer:
    """What came back: the status, and the body up to its limit."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON, None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def post_json(
    url: str, payload: Mapping[str, Any], *, seconds: float = SECONDS, most_bytes: int = MOST_BYTES
) -> Answer:
    """Send JSON by POST to an address somebody typed in; raises `EgressError`, or `Refused` with nothing sent."""
    parts = check(url)
    deadline = time.monotonic() + seconds
    addresses = resolve(parts.hostname or "", _port(parts))
    body = json.dumps(payload, ensure_ascii=False).encode()
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    with _connected(parts, addresses, deadline) as connection, _ends_at(deadline, connection.sock):
        try:
            connection.request(
                "POST",
                target,
                body,
                {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Yuanke"},
            )
            answer = connection.getresponse()
            content = answer.read(most_bytes + 1)
        except (OSError, http.client.HTTPException) as error:
            raise EgressError("no answer in time" if time.monotonic() >= deadline else "no answer") from error
    if time.monotonic() >= deadline:  # a line that was cut looks like an answer that ended
        raise EgressError("no answer in time")
    if len(content) > most_bytes:
        raise EgressError("the answer is too long")
    return Answer(answer.status, content)


def check(url: str) -> SplitResult:
    """The parts of an address of a kind we call at all; raises `Refused`. Nothing is looked up yet."""
    if any(ord(one) <= 32 or ord(one) == 127 for one in url) or "\\" in url:
        raise Refused("not an address")
    try:
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("idna")
    except (ValueError, UnicodeError) as error:
        raise Refused("not an address") from error
    if parts.scheme != "https" and not (_loopback_allowed() and parts.scheme == "http"):
        raise Refused("only https")
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise Refused("not an address")
    if port not in (None, 443) and not _loopback_allowed():
        raise Refused("only port 443")
    return parts


def resolve(host: str, port: int) -> list[IPAddress]:
    """The public addresses a name stands for; raises `Refused` if any of them is not public."""
    try:
        found = socket.getaddrinfo(host.encode("idna"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise EgressError("no such machine") from error
    addresses = list(dict.fromkeys(ipaddress.ip_address(str(one[4][0]).split("%")[0]) for one in found))
    if not addresses or not all(is_public(address) for address in addresses):
        raise Refused("not a public address")
    return addresses


def is_public(address: IPAddress) -> bool:
    """Whether an address belongs to a machine on the open internet."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback and _loopback_allowed():
        return True
    denied = any(address.version == net.version and address in net for net in DENIED)
    odd = address.is_private or address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not denied and not odd


def _loopback_allowed() -> bool:
    """The tests' own receivers listen on the loopback; outside of tests the setting means nothing."""
    return settings.TESTING and getattr(settings, "EGRESS_LOOPBACK", False)


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


@contextlib.contextmanager
def _connected(parts: SplitResult, addresses: list[IPAddress], deadline: float) -> Any:
    """A connection to one of these very addresses; the certificate must be that of the name."""
    host, port = (parts.hostname or "").encode("idna").decode(), _port(parts)
    raw = _reach(addresses, port, deadline)
    try:
        if parts.scheme == "https":
            with _ends_at(deadline, raw):
                raw = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
        connection = http.client.HTTPConnection(host, port, timeout=_left(deadline))
        connection.sock = raw
        connection.default_port = 443 if parts.scheme == "https" else 80
        yield connection
    except (OSError, ssl.CertificateError) as error:
        raise EgressError("no safe connection") from error
    finally:
        raw.close()


def _reach(addresses: list[IPAddress], port: int, deadline: float) -> socket.socket:
    for address in addresses:
        try:
            return socket.create_connection((str(address), port), timeout=_left(deadline))
        except OSError:
            continue
    raise EgressError("cannot be reached")


def _left(deadline: float) -> float:
    """The seconds left, never none: a timeout of zero would mean not to wait at all."""
    return max(0.05, deadline - time.monotonic())


@contextlib.contextmanager
def _ends_at(deadline: float, sock: socket.socket) -> Any:
    """Cut the line when the time is over: a timeout of the socket begins anew with every byte that drips in."""

    def cut() -> None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = threading.Timer(_left(deadline), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
