"""A group chat that listens on this machine, and robots that speak in it."""

import base64
import hashlib
import hmac
import http.server
import json
from urllib.parse import parse_qs, urlsplit

from django.utils import timezone

from crm.automation import services
from crm.identity.models import Team
from crm.identity.tests.factories import actor

SECRET = "SECb1f0c8"


def lead(team, leader):
    Team._base_manager.filter(pk=team.pk).update(leader=leader)


def make_robot(company, *, by=None, **values):
    by = by or company.admin
    values = {
        "name": "East",
        "kind": "dingtalk",
        "team": None,
        "news": ["news"],
        "address": "https://oapi.dingtalk.com/robot/send?access_token=tok3n",
        "secret": SECRET,
        "language": "en",
        **values,
    }
    return services.save_robot(None, by=by, actor=actor(by), **values)


class GroupChat(http.server.BaseHTTPRequestHandler):
    """A group chat that checks what the vendor's documentation asks for, and answers as the vendor does."""

    def do_POST(self):
        chat = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        chat.seen.append((self.path, body))
        answer = chat.answer if chat.answer is not None else getattr(self, chat.kind)(body)
        self.send_response(chat.status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def wecom(self, body):
        assert urlsplit(self.path).query == "key=tok3n"
        ok = set(body) == {"msgtype", "text"} and body["msgtype"] == "text"
        return {"errcode": 0 if ok and len(body["text"]["content"].encode()) <= 2048 else 40008}

    def dingtalk(self, body):
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        signed = f"{query['timestamp']}\n{SECRET}".encode()
        sign = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
        near = abs(int(query["timestamp"]) / 1000 - timezone.now().timestamp()) < 3600
        good = query["sign"] == sign and near and query["access_token"] == "tok3n"
        return {"errcode": 0 if good and body["text"]["content"] and not body["at"]["isAtAll"] else 310000}

    def feishu(self, body):
        key = f"{body['timestamp']}\n{SECRET}".encode()
        sign = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
        near = abs(int(body["timestamp"]) - timezone.now().timestamp()) < 3600
        good = body["sign"] == sign and near and body["msg_type"] == "text" and body["content"]["text"]
        return {"code": 0 if good else 19021, "msg": "success"}

    def log_message(self, *args):
        pass
