"""Mail that comes in: told apart and matched, from the real mails of many programs, and fetched from a mailbox."""

import csv
import os
import re
import socketserver
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from crm.automation import services
from crm.automation.models import IncomingEmail, Suppression
from crm.automation.rules.inbound import read, written
from crm.automation.tasks import fetch_mail
from crm.core.mailbox import mailbox
from crm.events.models import Event

MAILS = Path(os.environ.get("CRM_TEST_DATA", "../shared/data")) / "emails"
REAL = pytest.mark.skipif(not MAILS.exists(), reason="the sample mails are not there")


@REAL
def test_every_sample_mail_is_read_and_told_apart():
    with (MAILS / "INDEX.csv").open(encoding="utf-8") as index:
        kinds = {row["file"]: row["kind"] for row in csv.DictReader(index)}
    for name, kind in kinds.items():
        found = read((MAILS / name).read_bytes())
        if kind == "auto-reply":
            assert found.kind == "automatic", name
        elif kind == "bounce/report":
            assert found.kind in ("bounce", "automatic"), name
        else:
            assert found.kind != "bounce", name


@REAL
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("spamscope__mail_test_12.eml", "你好！我公司可代开各类增值税发票"),  # GB2312 that is really GB18030
        ("spamassassin__gb2312.2.mbox", "假设你的硬碟是IDE介面"),
        ("csdmc2010__TRAIN_02885.eml", "黄山旅游天天发"),
        ("mimekit__japanese.eml", "Let's see if both subject and body works fine"),
        ("rubymail__japanese_iso_2022.eml", "すみません。"),
        ("zbateson__m0006.eml", "Die Hasen und die Frösche"),  # UTF-7
        ("webklex__gbk_charset.eml", "Hi"),
        ("talon__gmail.eml", "Hello"),  # what was quoted below is left out
        ("talon__outlook.eml", "Hello"),
        ("talon__yahoo.eml", "Hello"),
        ("talon__apple_mail.eml", "Hello"),
    ],
)
def test_what_a_person_wrote_is_read_however_it_came(name, said):
    found = read((MAILS / name).read_bytes())
    assert found.text.startswith(said)
    if name.startswith("talon"):
        assert found.text == said


@REAL
def test_a_bounce_says_whether_the_address_is_gone_for_good():
    gone = read((MAILS / "mimekit__bounce.eml").read_bytes())
    assert (gone.kind, gone.status, gone.is_hard, len(gone.answers)) == ("bounce", "5.1.1", True, 1)
    later = read((MAILS / "rubymail__report_422.eml").read_bytes())
    assert (later.kind, later.status, later.is_hard) == ("bounce", "4.2.2", False)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("好的\n\n在 2026年11月16日，李雷 <li@x.com> 写道：\n> 您好", "好的"),
        ("可以\n\n------------------ 原始邮件 ------------------\n发件人: 李雷", "可以"),
        ("收到\n发件人: 李雷 <li@x.com>\n发送时间: 2026年", "收到"),
        ("Fine.\n\nOn Mon, Nov 16, 2026 at 10:00 AM Li Lei <li@x.com>\nwrote:\n> hi", "Fine."),
        ("> only quoted", "> only quoted"),
        ("From: the beginning\nof a sentence", "From: the beginning\nof a sentence"),
    ],
)
def test_what_was_answered_stands_apart_from_what_was_quoted(text, own):
    assert written(text) == own


def test_html_gives_its_words_alone():
    raw = (
        b"From: a@example.com\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        b"<style>p{}</style><script>alert(1)</script><p>Yes &amp; no</p><img src=x onerror=alert(1)>"
    )
    assert read(raw).text == "Yes & no"


def test_a_hostile_mail_is_read_within_bounds():
    nested = b"From: a@example.com\r\n"
    for number in range(300):
        nested += b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (number, number)
    assert read(nested + b"\r\nhi").sender == "a@example.com"
    assert read(b"\x00\xff\xfe" * 1000).sender == ""
    assert read(b"Subject: =?bogus?Q?x?=\r\nFrom: \xff\xfe\r\n\r\n").sender == ""


@pytest.fixture
def ours(db):
    def write(key="a", **values):
        return services.enqueue(
            to="wang@example.com",
            subject="Hello",
            text="Text",
            dedupe_key=key,
            reply_to=services.reply_address(key),
            **values,
        )

    return write


def raw(to="crm@localhost", sender="wang@example.com", **headers):
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = {"From": sender, "To": to, "Message-ID": "<one@example.com>"} | more
    return ("".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\nYes").encode()


@override_settings(REPLY_ADDRESS="reply+{token}@crm.example")
def test_the_mark_in_the_reply_address_finds_the_mail(ours):
    mine, other = ours("a"), ours("b")
    assert mine.reply_to != other.reply_to
    found = services.receive(raw(to=mine.reply_to.upper()))
    assert found.answers == mine
    assert Event._base_manager.filter(name="email.answered").count() == 1
    guessed = services.receive(
        raw(to="reply+000000000000000000000000@crm.example", Message_ID="<2@x.example>")
    )
    assert guessed.answers is None and guessed.text == ""


@override_settings(REPLY_ADDRESS="reply@crm.example")
def test_an_address_without_a_mark_finds_it_by_the_message_id(ours):
    mine = ours("a")
    found = services.receive(raw(to="reply@crm.example", References=f"<x@y.example> {mine.message_id}"))
    assert found.answers == mine


def test_the_same_mail_twice_is_one(ours):
    mine = ours("a")
    first = raw(In_Reply_To=mine.message_id)
    assert services.receive(first) is not None
    assert services.receive(first) is None
    assert IncomingEmail._base_manager.count() == 1


def test_a_mail_from_a_pipe(ours, tmp_path, capsys):
    path = tmp_path / "mail.eml"
    path.write_bytes(raw(In_Reply_To=ours("a").message_id))
    call_command("receive_mail", str(path))
    call_command("receive_mail", str(path))
    assert "taken in before" in capsys.readouterr().out


def came_back(mail, number):
    head = (
        f"From: mailer-daemon@example.com\r\nMessage-ID: <b{number}@x>\r\nIn-Reply-To: {mail.message_id}\r\n"
    )
    kind = 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    parts = "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nStatus: 4.2.2\r\n\r\n--b--\r\n"
    return services.receive((head + kind + parts).encode())


def test_an_address_whose_mailbox_is_always_full_gets_no_more_mails(ours):
    for number in range(5):
        assert not Suppression._base_manager.exists()
        assert came_back(ours(str(number)), number).status == "4.2.2"
        came_back(ours(str(number)), f"again{number}")  # told twice of one mail
    assert Suppression._base_manager.get().reason == "bounced"


def test_mails_that_came_back_long_ago_count_no_more(ours):
    for number in range(4):
        came_back(ours(str(number)), number)
    IncomingEmail._base_manager.update(received_at=timezone.now() - timedelta(days=31))
    came_back(ours("last"), 9)
    assert not Suppression._base_manager.exists()


class Mailbox(socketserver.StreamRequestHandler):
    """Just enough of a mail server to be fetched from: LOGIN, SELECT, UID SEARCH, FETCH, STORE, LOGOUT."""

    def handle(self):
        held = self.server.mails
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, _, rest = line.decode().strip().partition(" ")
            verb = rest.upper()
            if verb.startswith("CAPABILITY"):
                self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")
            elif verb.startswith("UID SEARCH"):
                unseen = " ".join(str(n) for n, one in held.items() if not one["seen"])
                self.wfile.write(f"* SEARCH {unseen}\r\n".encode())
            elif verb.startswith("UID FETCH"):
                number = int(re.search(r"FETCH (\d+)", verb)[1])
                data = held[number]["raw"]
                if "SIZE" in verb:
                    size = held[number].get("size", len(data))
                    self.wfile.write(f"* {number} FETCH (UID {number} RFC822.SIZE {size})\r\n".encode())
                else:
                    head = f"* {number} FETCH (UID {number} BODY[] {{{len(data)}}}\r\n".encode()
                    self.wfile.write(head + data + b")\r\n")
            elif verb.startswith("UID STORE"):
                held[int(re.search(r"STORE (\d+)", verb)[1])]["seen"] = True
            elif verb.startswith("LOGOUT"):
                self.wfile.write(b"* BYE\r\n")
            self.wfile.write(f"{tag} OK done\r\n".encode())
            if verb.startswith("LOGOUT"):
                return


@pytest.fixture
def box():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox)
    server.daemon_threads, server.mails = True, {}
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    url = f"imap://crm:pass%20word@127.0.0.1:{server.server_address[1]}/INBOX"
    with override_settings(INBOX_URL=url, INBOX=mailbox(url)):
        yield server
    server.shutdown()
    server.server_close()


def test_what_is_new_in_the_mailbox_is_fetched_once(ours, box, monkeypatch):
    mine = ours("a")
    box.mails[1] = {"raw": raw(In_Reply_To=mine.message_id), "seen": False}
    box.mails[2] = {"raw": b"Subject: x\r\n\r\n", "seen": False, "size": 10**9}  # too large to be looked at
    box.mails[3] = {"raw": raw(Message_ID="<3@x.example>", In_Reply_To=mine.message_id), "seen": False}
    real = services.inbox.receive

    def poisoned(data):
        if b"<3@" in data:
            raise ValueError("cannot be read")
        return real(data)

    monkeypatch.setattr(services.inbox, "receive", poisoned)
    assert fetch_mail() == 1
    assert fetch_mail() == 0
    assert all(one["seen"] for one in box.mails.values())
    box.mails[1]["seen"] = False  # whoever fetched it died before marking it
    assert fetch_mail() == 0
    assert IncomingEmail._base_manager.count() == 1


@pytest.mark.parametrize("url", ["http://x", "imap://host/INBOX", 'imaps://a:b@host/IN"BOX'])
def test_a_wrong_mailbox_is_refused_at_the_start(url):
    with pytest.raises(ValueError, match="mailbox"):
        mailbox(url)


def test_nothing_is_fetched_without_a_mailbox():
    assert fetch_mail() == 0
