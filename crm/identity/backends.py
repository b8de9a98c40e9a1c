"""The authentication backend: user name, e-mail or mobile number, and per-record answers from the one place that decides them."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import Permission
from django.db import models
from django.db.models import Q
from django.http import HttpRequest

from crm.core.phone import read_phone
from crm.identity.models import User


class CrmBackend(AuthenticationBackend):
    """`user.has_perm("accounts.change_customer", customer)` agrees with every list, the API and the admin."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        """The person of that user name, address or number, if the password is theirs.

        Exactly one password is checked whether the name exists or not, so that the time taken says nothing.
        """
        login = str(credentials.get("username") or credentials.get("email") or "").strip()
        password = credentials.get("password")
        if not login or not password:
            return None
        user = find_person(login)
        if user is None:
            User().set_password(password)
            return None
        if not user.check_password(password):
            return None
        if not self.user_can_authenticate(user):
            self._stash_user(user)  # so that allauth can say that access has ended
            return None
        return user

    def get_user(self, user_id: Any) -> User | None:
        """Who signed in, with role and team: every page shows or asks for both."""
        from crm.identity.queries import with_policies

        people = with_policies(User._base_manager.select_related("role", "team"))
        user = people.filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: models.Model | None = None) -> set[str]:
        """All verbs of a person, those of the role's group and any given by hand; in one query unless they came along."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if "_perm_cache" not in user_obj.__dict__:
            came_along = None if user_obj.is_superuser else user_obj.__dict__.get("held_verbs")
            user_obj._perm_cache = set(_verbs_of(user_obj) if came_along is None else came_along)
        return user_obj._perm_cache

    def has_perm(self, user_obj: Any, perm: str, obj: models.Model | None = None) -> bool:
        if obj is None:
            return super().has_perm(user_obj, perm)
        from crm.identity.access import may

        label, _, codename = perm.partition(".")
        verb, _, model_name = codename.rpartition("_")
        if (label, model_name) != (obj._meta.app_label, obj._meta.model_name):
            return False
        return may(user_obj, verb, obj)


def _verbs_of(user: User) -> list[str]:
    """The verbs of a person as Django names them; all there are for a superuser."""
    held = Permission._base_manager.all()
    if not user.is_superuser:
        held = held.filter(Q(group__user=user.pk) | Q(user=user.pk))
    names = held.order_by().values_list("content_type__app_label", "codename")
    return [f"{label}.{codename}" for label, codename in names]


def find_person(login: str) -> User | None:
    """Somebody by user name, else by e-mail address (case does not matter), else by a mobile number only they have."""
    if not login:
        return None
    people = User._base_manager.select_related("role")
    found = people.filter(username__iexact=login).first() or people.filter(email__iexact=login).first()
    if found is not None:
        return found
    phone = read_phone(login)
    owners = list(people.filter(phone=phone.stored, is_active=True)[:2]) if phone is not None else []
    return owners[0] if len(owners) == 1 else None
