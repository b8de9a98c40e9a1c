from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Customer accounts: customers, contacts, activities and what is known of them."""

    name = "accounts"
    verbose_name = _("Customers")

    def ready(self) -> None:
        from accounts import events, hooks, news  # noqa: F401 - importing declares and registers
