from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApprovalsConfig(AppConfig):
    """Who has to agree before something takes effect: flows, requests, and the lock on what waits."""

    name = "crm.approvals"
    label = "approvals"
    verbose_name = _("Approvals")

    def ready(self) -> None:
        from crm.approvals import hooks

        hooks.register()
