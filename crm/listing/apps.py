from django.apps import AppConfig


class ListingConfig(AppConfig):
    """Declared list pages, bulk verbs, import and export, base form."""

    name = "crm.listing"
    label = "listing"

    def ready(self) -> None:
        from crm.listing.exporting import approval

        approval.register()
