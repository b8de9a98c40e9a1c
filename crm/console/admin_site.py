"""The administration: for administrators only, entered through our own sign-in, with a policy its scripts can live with."""

from collections.abc import Callable
from typing import Any

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from crm.identity.access import is_administrator

# The theme's scripts evaluate expressions in attributes; nobody but administrators ever loads these pages.
POLICY = {"script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}
# Groups follow from roles and teams; allauth's copies of addresses are not ours.
ABSENT = {"auth.group", "account.emailaddress", "account.emailconfirmation", "mfa.authenticator"}


class CrmAdminSite(UnfoldAdminSite):
    """Django admin for people whose role administers the installation."""

    site_title = _("Yuanke administration")
    site_header = _("Yuanke administration")
    index_title = _("Administration")
    enable_nav_sidebar = True

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        models = (
            model_or_iterable if isinstance(model_or_iterable, list | tuple | set) else [model_or_iterable]
        )
        ours = [model for model in models if model._meta.label_lower not in ABSENT]
        super().register(ours, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_authenticated and user.is_active and is_administrator(user))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        return csp_replace(POLICY)(super().admin_view(view, cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Never a second log-in form beside ours, which would know no lock-out."""
        if request.user.is_authenticated:
            if self.has_permission(request):
                return HttpResponseRedirect(reverse("admin:index"))
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", reverse("admin:index")), reverse("account_login"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("account_logout"))

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("settings_password"))
