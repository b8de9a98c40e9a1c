from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.router import resources


@extend_schema(exclude=True)
@api_view(["GET"])
def api_root(request: Request) -> Response:
    """The resources there are."""
    return Response(
        {
            path: request.build_absolute_uri(reverse(f"api-{path}-list"))
            for path, view in resources()
            if not getattr(view, "adds", "")
        }
    )


@extend_schema(exclude=True)
@api_view(["GET", "POST", "PUT", "PATCH", "DELETE"])
@permission_classes([AllowAny])
def unknown(request: Request) -> Response:
    """An address below /api/ that does not exist answers like a record that does not exist."""
    raise Http404
