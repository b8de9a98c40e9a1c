from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Customer accounts: customers, contacts, activities and what is known of them."""

    name = "accounts"
