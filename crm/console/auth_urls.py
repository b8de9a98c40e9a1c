"""Signing in: of allauth's routes only those that make sense in a closed installation."""

from allauth.account import views
from allauth.mfa.base import views as factor_views
from allauth.mfa.recovery_codes import views as code_views
from allauth.mfa.totp import views as totp_views
from allauth.mfa.webauthn import views as key_views
from django.urls import path, re_path

from crm.console.views import auth, second_factor

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("confirm/", views.reauthenticate, name="account_reauthenticate"),
    path("confirm/code/", factor_views.reauthenticate, name="mfa_reauthenticate"),
    path("confirm/key/", key_views.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("second-factor/", factor_views.index, name="mfa_index"),
    path("second-factor/code/", factor_views.authenticate, name="mfa_authenticate"),
    path("second-factor/set-up/", totp_views.activate_totp, name="mfa_activate_totp"),
    path("second-factor/turn-off/", totp_views.deactivate_totp, name="mfa_deactivate_totp"),
    path("second-factor/codes/", code_views.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("second-factor/codes/new/", code_views.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("second-factor/keys/add/", key_views.add_webauthn, name="mfa_add_webauthn"),
    path("second-factor/keys/<int:pk>/", second_factor.key_rename, name="mfa_edit_webauthn"),
    path("second-factor/keys/<int:pk>/remove/", second_factor.key_remove, name="mfa_remove_webauthn"),
    path("password/change/", auth.password_change, name="account_change_password"),
    path("password/reset/", auth.password_reset, name="account_reset_password"),
    path("password/reset/sent/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
