"""Every error as RFC 9457 problem JSON: type, title, status, detail, and `errors` by field where fields are at fault."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from crm.core.writes import RuleBroken
from crm.listing.selection import BadQuery
from crm.records.services.custom_values import CustomRulesBroken

PROBLEM_JSON = "application/problem+json"


class ProblemRenderer(JSONRenderer):
    """JSON whose errors announce themselves as problems."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        response = (renderer_context or {}).get("response")
        if response is not None and response.status_code >= 400:
            response.content_type = PROBLEM_JSON
            response["Content-Type"] = PROBLEM_JSON
        return super().render(data, accepted_media_type, renderer_context)


class Problem(exceptions.APIException):
    """A problem with a status and code of its own, and whatever else the caller should know."""

    def __init__(self, status_code: int, code: str, detail: str = "", **extra: Any) -> None:
        super().__init__(detail, code)
        self.status_code, self.code, self.extra = status_code, code, extra


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: one shape for every error, nothing that tells hidden from absent."""
    match error:
        case Http404():
            return problem(404, "not_found")
        case PermissionDenied():
            return problem(403, "forbidden", _("You may not do this."))
        case BadQuery():
            return problem(400, "invalid_query", errors=error.errors)
        case RuleBroken():
            return broken_rule(error)
        case DjangoValidationError():
            fields = (
                error.message_dict if hasattr(error, "error_dict") else {"non_field_errors": error.messages}
            )
            return problem(400, "invalid", errors=fields)
        case exceptions.ValidationError():
            return problem(400, "invalid", errors=by_field(error.detail))
        case Problem():
            return problem(error.status_code, error.code, str(error.detail), **error.extra)
        case exceptions.APIException():
            return _api_exception(error)
    return None


def broken_rule(error: RuleBroken) -> Response:
    """A rule about one field is that field's error; one about the record's state is a conflict."""
    if isinstance(error, CustomRulesBroken):
        reasons = {key: [text] for key, text in error.errors.items()}
        return problem(400, error.code, errors={"custom": reasons})
    if error.field:
        return problem(400, error.code, errors={error.field: [str(error)]})
    return problem(409, error.code, str(error))


def problem(status_code: int, code: str, detail: str = "", **extra: Any) -> Response:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status_code).phrase,
        "status": status_code,
        "code": code,
    }
    if detail:
        body["detail"] = detail
    return Response({**body, **extra}, status=status_code)


def by_field(detail: Any) -> dict[str, Any]:
    if isinstance(detail, dict):
        return {
            name: by_field(part) if isinstance(part, dict) else _texts(part) for name, part in detail.items()
        }
    return {"non_field_errors": _texts(detail)}


def _texts(part: Any) -> list[Any]:
    if not isinstance(part, list):
        return [str(part)]
    return [by_field(one) if isinstance(one, dict) else str(one) for one in part]


def _api_exception(error: exceptions.APIException) -> Response:
    code = str(getattr(error.detail, "code", "") or error.default_code)
    response = problem(error.status_code, code, str(error.detail))
    if error.status_code == status.HTTP_401_UNAUTHORIZED:
        response["WWW-Authenticate"] = getattr(error, "auth_header", "Bearer")
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(int(wait))
    return response
