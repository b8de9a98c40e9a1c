from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class IdentityConfig(AppConfig):
    """Users, teams, roles and the one place that decides who sees what."""

    name = "crm.identity"
    label = "identity"
    verbose_name = _("People and rights")

    def ready(self) -> None:
        from crm.events.models import Event
        from crm.identity.policies import Everyone

        Event.access = Everyone()  # the log lies below the policies; only administrators have the verb
        post_migrate.connect(sync_roles_after_migrate)


def sync_roles_after_migrate(sender: AppConfig, **kwargs: Any) -> None:
    """New kinds of record bring new permissions; the roles that name them receive them once all exist."""
    if (
        sender.label != "account"
    ):  # of the sign-in library: it comes after every app whose permissions a role holds
        return
    from crm.identity.services import sync_roles

    sync_roles()
