from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class SalesConfig(AppConfig):
    """Leads, opportunities and the way from quote to cash."""

    name = "sales"
    verbose_name = pgettext_lazy("app", "Sales")

    def ready(self) -> None:
        from sales import approvables, hooks  # noqa: F401 - importing registers
        from sales.events import (  # noqa: F401 - importing declares
            assignment,
            invoices,
            leads,
            money,
            opportunities,
            orders,
            pipelines,
            pools,
            products,
            quotes,
            webforms,
        )
        from sales.news import money as money_news  # noqa: F401
        from sales.news import quotes as quote_news  # noqa: F401

        approvables.register()
