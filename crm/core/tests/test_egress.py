"""Calls to addresses people typed in: what is refused before a single packet, and how the others end."""

import http.server
import ipaddress
import json
import socket
import threading

import pytest
from django.test import override_settings

from crm.core import egress

PUBLIC = "93.184.216.34"


def answers(*addresses):
    """A resolver that gives these addresses, one list per call where several lists are given."""
    calls = []

    def getaddrinfo(host, port, *args, **kwargs):
        calls.append(host)
        found = addresses[min(len(calls), len(addresses)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    getaddrinfo.calls = calls
    return getaddrinfo


@pytest.fixture
def packets(monkeypatch):
    """Every attempt to connect, none of which gets anywhere."""
    tried = []

    def connect(address, **kwargs):
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    return tried


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "ftp://example.com/hook",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "//example.com/hook",
        "https:///hook",
        "https://example.com:8443/hook",
        "https://example.com:22/",
        "https://user:secret@example.com/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com/\r\nX-Evil: 1",
        "https://[::1/",
        "",
    ],
)
def test_only_https_on_its_own_port(url, packets):
    with pytest.raises(egress.Refused):
        egress.post_json(url, {})
    assert packets == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "0177.0.0.1",
        "0x7f.1",
        "2130706433",
        "127.1",
        "0.0.0.0",
        "10.0.0.7",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fec0::1]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
    ],
)
def test_no_way_of_writing_an_inner_address_gets_through(host, packets):
    """Attack 45: octal, decimal, mapped, translated, link-local, metadata."""
    with pytest.raises(egress.Refused):
        egress.post_json(f"https://{host}/hook", {})
    assert packets == []


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.1.2.3", "169.254.169.254"])
def test_a_name_that_stands_for_an_inner_machine_is_refused(inner, packets, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", answers([inner]))
    with pytest.raises(egress.Refused):
        egress.post_json(f"https://{inner}.nip.io/hook", {})
    monkeypatch.setattr(
        socket, "getaddrinfo", answers([PUBLIC, inner])
    )  # one public address does not cover for it
    with pytest.raises(egress.Refused):
        egress.post_json("https://both.example.com/hook", {})
    assert packets == []


def test_a_name_is_asked_once_and_that_address_is_called(packets, monkeypatch):
    """Rebinding: the second answer, an inner one, is never asked for."""
    resolver = answers([PUBLIC], ["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    with pytest.raises(egress.EgressError):
        egress.post_json("https://rebinding.example.com/hook", {})
    assert len(resolver.calls) == 1
    assert packets == [(PUBLIC, 443)]


def test_ordinary_public_addresses_pass():
    for address in (PUBLIC, "1.1.1.1", "2606:4700:4700::1111", "::ffff:93.184.216.34"):
        assert egress.is_public(ipaddress.ip_address(address)), address


def test_the_switch_of_the_tests_means_nothing_outside_of_them(packets):
    with override_settings(TESTING=False, EGRESS_LOOPBACK=True), pytest.raises(egress.Refused):
        egress.post_json("https://127.0.0.1/", {})
    assert packets == []


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers as its server says."""

    def do_POST(self):
        server = self.server
        server.seen.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self.send_response(server.status)
        for name, value in server.extra.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(server.content)

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.seen, server.status, server.extra, server.content = [], 200, {}, b'{"errcode": 0}'
    server.url = f"http://127.0.0.1:{server.server_port}/hook?key=1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    with override_settings(EGRESS_LOOPBACK=True):
        yield server
    server.shutdown()
    server.server_close()


def test_sends_and_reads(receiver):
    answer = egress.post_json(receiver.url, {"text": "云杉"})
    assert (answer.status, answer.json) == (200, {"errcode": 0})
    assert receiver.seen == [("/hook?key=1", {"text": "云杉"})]


def test_a_redirect_is_not_followed(receiver):
    receiver.status, receiver.extra = 302, {"Location": "http://127.0.0.1:1/inner"}
    assert egress.post_json(receiver.url, {}).status == 302
    assert len(receiver.seen) == 1


def test_an_answer_without_end_is_cut(receiver):
    receiver.content = b"x" * 2000
    with pytest.raises(egress.EgressError, match="too long"):
        egress.post_json(receiver.url, {}, most_bytes=1000)


def test_what_is_no_json_reads_as_nothing(receiver):
    receiver.content = b"<html>"
    assert egress.post_json(receiver.url, {}).json is None


def test_one_that_never_answers_is_left_in_time(receiver):
    """F22: it listens, takes the connection, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(egress.EgressError, match="no answer in time"):
            egress.post_json(url, {}, seconds=0.2)


def test_one_that_drips_is_left_in_time(receiver):
    """A byte now and then keeps a socket's own timeout from ever running out; the whole call has one deadline."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            line, _address = server.accept()
            with line:
                line.sendall(b"HTTP/1.1 200 OK\r\n")
                while not stop.wait(0.02):
                    try:
                        line.sendall(b"X: 1\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        with pytest.raises(egress.EgressError, match="no answer"):
            egress.post_json(f"http://127.0.0.1:{server.getsockname()[1]}/", {}, seconds=0.3)
        stop.set()
        thread.join()


def test_a_machine_without_the_names_certificate_is_not_talked_to(receiver):
    """It speaks no TLS at all; nothing of the message reaches it."""
    with pytest.raises(egress.EgressError, match="no safe connection"):
        egress.post_json(receiver.url.replace("http:", "https:"), {})
    assert receiver.seen == []
