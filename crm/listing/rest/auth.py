"""Who calls the API: a token in `Authorization: Bearer …`, or the signed-in browser (with CSRF)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.cache import caches
from django.utils import timezone, translation
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle

from crm.identity.middleware import zone_of
from crm.identity.services.tokens import user_of_token

if TYPE_CHECKING:
    from crm.identity.models import ApiToken, User


class BearerAuthentication(BaseAuthentication):
    """A token acts with exactly its owner's rights; revoked, expired and unknown ones look alike."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        found = user_of_token(secret.strip())
        if found is None:
            raise AuthenticationFailed
        user, _token = found
        if user.language and not request.headers.get("Accept-Language"):
            translation.activate(user.language)  # the middleware's override ends it with the request
        timezone.activate(zone_of(user))
        return found

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class MayWrite(BasePermission):
    """A read-only token reads."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS or not getattr(request.auth, "read_only", False)


class PerPerson(UserRateThrottle):
    """So many requests a minute and person, counted in each web process by itself."""

    cache = caches["local"]
    rate = "1200/min"


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = BearerAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
