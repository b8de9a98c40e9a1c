from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Customer accounts: customers, contacts, activities and what is known of them."""

    name = "accounts"

    def ready(self) -> None:
        from accounts import events, hooks, news  # noqa: F401 - importing declares and registers
