"""The authentication backend: user name or e-mail, and per-record answers from the one place that decides them."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db import models


class CrmBackend(AuthenticationBackend):
    """`user.has_perm("accounts.change_customer", customer)` agrees with every list, the API and the admin."""

    def has_perm(self, user_obj: Any, perm: str, obj: models.Model | None = None) -> bool:
        if obj is None:
            return super().has_perm(user_obj, perm)
        from crm.identity.access import may

        label, _, codename = perm.partition(".")
        verb, _, model_name = codename.rpartition("_")
        if (label, model_name) != (obj._meta.app_label, obj._meta.model_name):
            return False
        return may(user_obj, verb, obj)
