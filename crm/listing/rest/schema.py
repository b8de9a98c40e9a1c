"""How resources describe themselves in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

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
            return [*_common(listing), *_filters(listing)]
        if self.method in ("PUT", "PATCH", "DELETE"):
            return [_header("If-Match", 'The version, as in the ETag: "7". Or send `version` in the body.')]
        if self.method == "POST":
            return [
                _header(
                    "Idempotency-Key",
                    "Sent again with the same key and body, the request has no second effect.",
                )
            ]
        return []

    def _map_response_type(self) -> str:
        return "list" if self._is_list_view() else "detail"

    def _get_paginator(self) -> Any:
        return ListPages() if getattr(self.view, "listing", None) is not None else super()._get_paginator()

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
            [_query("q", "Text to find: two Chinese characters, digits of a phone, letters.")]
            if listing.searchable
            else []
        ),
    ]


def _filters(listing: Any) -> list[OpenApiParameter]:
    found = []
    for name, parameters in listing.filters.parameters().items():
        one = listing.filters.base_filters[name]
        choices = (
            [str(value) for value, _label in one.extra.get("choices", ())] if "choices" in one.extra else None
        )
        found += [_query(parameter, str(one.label or name), enum=choices) for parameter in parameters]
    return found


def _query(name: str, text: str, kind: Any = OpenApiTypes.STR, enum: Any = None) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=text, enum=enum)


def _header(name: str, text: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=text)
