"""`Idempotency-Key`: the same POST sent twice, also at the same moment, has one effect and one answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.core.files.base import File
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from crm.listing.rest.errors import Problem
from crm.records.models import IdempotencyKey
from crm.records.services.idempotency import answer_once

LONGEST = 255


def once(handler: Callable[..., Response]) -> Callable[..., Response]:
    """A POST handler that answers a repeated key from memory; only successes are remembered."""

    def handle(request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers["Idempotency-Key"].strip()
        if not key or len(key) > LONGEST or not key.isprintable():
            raise Problem(
                400, "invalid_key", _("An idempotency key has 1 to %(n)d characters.") % {"n": LONGEST}
            )
        mark = fingerprint(request)

        def again(row: IdempotencyKey) -> Response:
            if row.fingerprint != mark:
                raise Problem(422, "key_reused", _("This key was used for another request."))
            place = {"Location": row.location} if row.location else {}
            return Response(row.body, status=row.status, headers={"Idempotency-Replayed": "true"} | place)

        return answer_once(
            request.user,
            key,
            mark,
            answer=lambda: handler(request, *args, **kwargs),
            again=again,
            kept=lambda response: json.loads(JSONRenderer().render(response.data) or "null"),
        )

    return handle


def fingerprint(request: Request) -> str:
    """What makes a request the same as another: its address and body; of a form with files what it holds, because a
    client that sends it again divides its parts anew."""
    raw = request._request
    digest = hashlib.sha256(f"{raw.method} {raw.get_full_path()} {raw.content_type}\n".encode())
    if raw.content_type != "multipart/form-data":
        digest.update(raw.body)
        return digest.hexdigest()
    for name, values in sorted(request.data.lists()):
        for value in values:
            digest.update(f"\n{name}\n{getattr(value, 'name', '')}\n".encode())
            for chunk in value.chunks() if isinstance(value, File) else [str(value).encode()]:
                digest.update(chunk)
    return digest.hexdigest()
