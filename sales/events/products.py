"""What happens to products and price books, and how the timeline says it."""

from django.utils.translation import gettext_lazy

from accounts.events import change_in_words
from crm.events.catalogue import event

PRODUCT_CREATED = event("product.created", gettext_lazy("Product added"))
PRODUCT_UPDATED = event("product.updated", gettext_lazy("Product changed"), sentence=change_in_words)
PRODUCT_DELETED = event("product.deleted", gettext_lazy("Moved to the bin"))
PRODUCT_RESTORED = event("product.restored", gettext_lazy("Restored from the bin"))
PRODUCT_IMPORTED = event("product.imported", gettext_lazy("Product imported"))
PRICE_BOOK_SAVED = event("price_book.saved", gettext_lazy("Price book changed"), timeline=False)
TAX_RATE_SAVED = event("tax_rate.saved", gettext_lazy("Tax rate changed"), timeline=False)
NUMBERING_CHANGED = event("numbering.changed", gettext_lazy("Numbering changed"), timeline=False)
LETTERHEAD_CHANGED = event("letterhead.changed", gettext_lazy("Letterhead changed"), timeline=False)
PRODUCT_PURGED = event("product.purged", gettext_lazy("Deleted for good"), timeline=False)
