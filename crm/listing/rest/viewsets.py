"""The base of every API resource: the rows of its list page, the writes of its services.

    class CustomerViewSet(Creates, Updates, Deletes, RecordViewSet):
        listing = CUSTOMERS
        serializer_class = CustomerSerializer

        def create_record(self, values): return services.create_customer(actor=self.actor, **values)
        def update_record(self, record, values, expected): ...
        def delete_record(self, record, expected): ...

Order of refusals: 401, 403 for the verb, 404 for what is hidden or absent, 403 for what is visible but closed, then
`If-Match` (428, 412, 409), then validation (400).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from crm.core.writes import StaleVersion
from crm.events.actor import Actor, actor_of
from crm.identity.access import get_visible_or_404, require_verb
from crm.listing.rest import concurrency
from crm.listing.rest.concurrency import Expectation
from crm.listing.rest.idempotency import once
from crm.listing.rest.links import following
from crm.listing.rest.schema import ListPages, RecordSchema
from crm.listing.selection import Selection, page_size, select

if TYPE_CHECKING:
    from crm.listing.declare import ListPage

PAGE_SIZE = 50
OWN = frozenset({"count", "format"})  # parameters of the API alone


class ApiViewSet(viewsets.GenericViewSet):
    """What every resource keeps to: a POST with an `Idempotency-Key` has one effect, and no answer lies in a cache.

    Of the actions in `unkept` no answer is kept for a repetition: a file is none, a masked value nobody else should read.
    """

    lookup_value_regex = r"[0-9]{1,18}"
    schema = RecordSchema()
    pagination_class = ListPages  # only describes: lists page themselves
    unkept = frozenset({"reveal"})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        keyed = request.method == "POST" and "Idempotency-Key" in request.headers
        if keyed and self.action not in self.unkept:
            self.post = once(self.post)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @cached_property
    def actor(self) -> Actor:
        """Who writes: the token, or the person at the browser, through the API."""
        return actor_of(self.request).via("api")

    def all_of(self, rows: Any) -> Response:
        """A list that is never long: all of it at once, in the shape of the long ones."""
        results = self.get_serializer(rows, many=True).data
        return Response({"next": None, "previous": None, "results": results})

    def answer(self, record: Any, status_code: int = 200) -> Response:
        """One record as a response, with its version as ETag."""
        headers = {"ETag": concurrency.etag(record)} if concurrency.etag(record) else {}
        return Response(self.describe(record), status=status_code, headers=headers)

    def made(self, record: Any, status_code: int = status.HTTP_201_CREATED) -> Response:
        """What a POST to the collection made, and where it is found."""
        response = self.answer(record, status_code)
        response["Location"] = self.request.build_absolute_uri(f"{self.request.path}{record.pk}/")
        return response

    def describe(self, record: Any) -> Any:
        return self.get_serializer(record).data

    def reread(self, record: Any) -> Any:
        """A record after a write, with what the serializer reads."""
        return record


class RecordActions(ApiViewSet):
    """What is done to single records of a list. Alone it carries actions another app adds to a resource: then `adds`
    names them, and they stand beside the resource's own below the same address."""

    listing: ListPage
    adds = ""
    prefetch: Sequence[str] = ()  # relations the serializer reads

    @property
    def model(self) -> type[Model]:
        return self.listing.model

    def get_queryset(self) -> QuerySet:
        """Only describes the address: `record` and the list ask for their rows themselves."""
        return self.model._default_manager.none()

    def record(self, action: str = "view") -> Any:
        """The record of the address: 404 when hidden or absent, 403 when the action is not allowed."""
        require_verb(self.request.user, "view", self.model)
        return get_visible_or_404(
            self.model, self.request.user, self.kwargs["pk"], action, queryset=self.listing.whole()
        )

    def reread(self, record: Any) -> Any:
        """A record after a write, with what the serializer reads; even one that just left the caller's sight."""
        return self.listing.whole().filter(pk=record.pk).first() or record


class RecordViewSet(RecordActions):
    """Reading: the list page's own selection, page by page, and single records."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The records the list page shows for the same parameters."""
        require_verb(request.user, "view", self.model)
        query = request.query_params
        selection = select(self.listing, request.user, query, ignore=OWN)
        selection.prefetch = self.prefetch
        page = selection.page(query.get("cursor", ""), page_size(query, PAGE_SIZE))
        body: dict[str, Any] = {
            "next": following(request, cursor=page.slice.next and page.slice.next.encode()),
            "previous": following(request, cursor=page.slice.previous and page.slice.previous.encode()),
            "results": self.get_serializer(page.records, many=True).data,
        }
        if query.get("count") == "exact":
            body["count"] = exact_count(selection)
        return Response(body)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One record."""
        return self.answer(self.record())


class Creates(viewsets.GenericViewSet):
    """POST to the collection."""

    def create_record(self, values: dict[str, Any]) -> Any:
        raise NotImplementedError

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A new record; its owner defaults to the caller."""
        require_verb(request.user, "add", self.model)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():  # the record and what the same request hangs on it, or nothing
            made = self.create_record(dict(serializer.validated_data))
        return self.made(self.reread(made))


class Updates(viewsets.GenericViewSet):
    """PUT and PATCH."""

    def update_record(self, record: Any, values: dict[str, Any], expected: int | None) -> Any:
        raise NotImplementedError

    def update(self, request: Request, *args: Any, partial: bool = False, **kwargs: Any) -> Response:
        """Change a record; needs If-Match or the version in the body."""
        record = self.record("change")
        expected = concurrency.expectation_of(request, record)
        concurrency.check(expected, record, self.describe)
        serializer = self.get_serializer(record, data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        with self.unraced(expected):
            changed = self.update_record(record, dict(serializer.validated_data), expected.number)
        return self.answer(self.reread(changed))

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change some fields of a record; needs If-Match or the version in the body."""
        return self.update(request, *args, partial=True, **kwargs)

    def unraced(self, expected: Expectation) -> Unraced:
        return Unraced(expected, self)


class Deletes(viewsets.GenericViewSet):
    """DELETE."""

    def delete_record(self, record: Any, expected: int | None) -> None:
        raise NotImplementedError

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Put a record into the bin; needs If-Match or the version in the body."""
        record = self.record("delete")
        expected = concurrency.expectation_of(request, record)
        concurrency.check(expected, record, self.describe)
        with Unraced(expected, self):
            self.delete_record(record, expected.number)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Unraced:
    """One write in a transaction; a version that changed under it becomes 412 or 409 with the current values."""

    def __init__(self, expected: Expectation, view: Any) -> None:
        self.expected, self.view, self.atomic = expected, view, transaction.atomic()

    def __enter__(self) -> None:
        self.atomic.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.atomic.__exit__(kind, error, trace)
        if isinstance(error, StaleVersion):
            current = self.view.reread(error.current)
            raise self.expected.stale(current, self.view.describe) from error


def exact_count(selection: Selection) -> int:
    return selection.scoped().count()
