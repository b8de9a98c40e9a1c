"""How resources describe themselves in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from django import forms
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from crm.listing.filters import OwnerField

MANY = (forms.MultipleChoiceField, forms.ModelMultipleChoiceField, OwnerField)
PROBLEM = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": True},
    },
}


class RecordSchema(AutoSchema):
    """Adds the list page's filters, paging and sorting to lists, and the version header to changes."""

    def get_override_parameters(self) -> list[OpenApiParameter]:
        listing = getattr(self.view, "listing", None)
        if self._is_list_view() and listing is not None:
            user = getattr(getattr(self.view, "request", None), "user", None)
            if user is not None and user.is_authenticated:  # with the custom fields they may read
                listing = listing.seen_by(user)
            return [*_common(listing), *_filters(listing)]
        found = (
            [OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH)] if "{id}" in self.path else []
        )
        if self.method in ("PUT", "PATCH", "DELETE"):
            return [
                *found,
                _header("If-Match", 'The version, as in the ETag: "7". Or send `version` in the body.'),
            ]
        if self.method == "POST":
            return [
                *found,
                _header(
                    "Idempotency-Key",
                    "Sent again with the same key and body, the request has no second effect.",
                ),
            ]
        return found

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        refused = {
            "description": "A problem (RFC 9457)",
            "content": {"application/problem+json": {"schema": PROBLEM}},
        }
        return {**super()._get_response_bodies(direction), "4XX": refused}

    def get_filter_backends(self) -> list[Any]:
        return []


class ListPages:
    """Cursor paging as the schema generator wants it described."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema, "count": {"type": "integer"}},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return []


def _common(listing: Any) -> list[OpenApiParameter]:
    sorts = [sign + name for name in listing.sort_paths for sign in ("", "-")]
    return [
        _query("cursor", "Where a page starts: from `next` or `previous`."),
        _query("page_size", "Rows a page, at most 200.", OpenApiTypes.INT),
        _query("sort", "Order, descending with a minus.", enum=sorts),
        _query("count", "`exact` adds the number of all rows.", enum=["exact"]),
        *(
            [
                _query(
                    "q",
                    "Text to find: two Chinese characters, digits of a phone, letters, pinyin of a name or its initials.",
                )
            ]
            if listing.searchable
            else []
        ),
    ]


def _filters(listing: Any) -> list[OpenApiParameter]:
    found = []
    for name, parameters in listing.filters.parameters().items():
        one = listing.filters.base_filters[name]
        offered = one.extra.get("choices", ())
        choices = [] if callable(offered) else [str(value) for value, _label in offered if value != ""]
        several = issubclass(one.field_class, MANY)
        label = str(one.label or name)
        found += [_query(p, label, enum=choices or None, many=several) for p in parameters]
    return found


def _query(
    name: str, text: str, kind: Any = OpenApiTypes.STR, enum: Any = None, many: bool = False
) -> OpenApiParameter:
    return OpenApiParameter(
        name, kind, OpenApiParameter.QUERY, description=text, enum=enum, many=many, explode=many or None
    )


def _header(name: str, text: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=text)
