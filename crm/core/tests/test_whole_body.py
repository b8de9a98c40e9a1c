"""A request whose sender goes away half-way is never taken for a whole one."""

from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import UnreadablePostError

from crm.core.uploads import WholeBody

BOUNDARY = "x"
FORM = (
    b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
    + b"y" * 5000
    + b"\r\n--x--\r\n"
)


def read_form(body: bytes, announced: int) -> Any:
    seen = {}

    def application(environ: dict[str, Any], _start: Any) -> list[bytes]:
        request = WSGIRequest(environ)
        seen["files"] = request.FILES
        return []

    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/files/",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}",
        "CONTENT_LENGTH": str(announced),
        "wsgi.input": BytesIO(body),
    }
    WholeBody(application)(environ, lambda *_args: None)
    return seen["files"]


def test_a_whole_body_is_read():
    assert read_form(FORM, len(FORM))["files"].size == 5000


@pytest.mark.parametrize("kept", [0, 40, 300, len(FORM) - 1])
def test_a_body_that_breaks_off_is_an_error(kept: int):
    with pytest.raises(UnreadablePostError):
        read_form(FORM[:kept], len(FORM))
