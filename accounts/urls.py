"""The pages of customers and contacts."""

from django.urls import path

from accounts.listings import CONTACT_BIN, CONTACTS, CUSTOMER_BIN, CUSTOMERS
from accounts.pages import CUSTOMER_PAGE
from accounts.views import actions, cards, contacts, customers, data_quality, duplicates, sheet

urlpatterns = [
    path("customers/new/", customers.customer_create, name="customer_create"),
    path("customers/derive/", customers.customer_derive, name="customer_derive"),
    path("customers/suggest/", duplicates.customer_suggest, name="customer_suggest"),
    path("customers/regions/", customers.customer_regions, name="customer_regions"),
    path("customers/<int:pk>/sheet/", sheet.customer_sheet, name="customer_sheet"),
    path("customers/<int:pk>/sheet.pdf", sheet.customer_pdf, name="customer_pdf"),
    path("customers/<int:pk>/peek/", customers.customer_peek, name="customer_peek"),
    path("customers/<int:pk>/lifecycle/", actions.customer_lifecycle, name="customer_lifecycle"),
    path("customers/<int:pk>/first-deal/", actions.customer_first_deal, name="customer_first_deal"),
    path("customers/<int:pk>/tags/", actions.customer_tags, name="customer_tags"),
    path("customers/<int:pk>/highlights/", actions.customer_highlights, name="customer_highlights"),
    path("customers/<int:pk>/merge/", data_quality.customer_merge, name="customer_merge"),
    path("data-quality/", data_quality.data_quality, name="data_quality"),
    path("data-quality/scan/", data_quality.data_quality_scan, name="data_quality_scan"),
    path("data-quality/pairs/<int:pk>/", data_quality.pair_decide, name="pair_decide"),
    path("data-quality/merges/<int:pk>/undo/", data_quality.merge_undo, name="merge_undo"),
    path("customers/<int:pk>/contacts/new/", contacts.contact_create, name="contact_create"),
    path("contacts/<int:pk>/", contacts.contact_detail, name="contact_detail"),
    path("contacts/cards.vcf", cards.contact_cards, name="contact_cards"),
    path("contacts/<int:pk>/card.vcf", cards.contact_card, name="contact_card"),
    path("contacts/<int:pk>/follow-ups/", contacts.contact_follow_ups, name="contact_follow_ups"),
    path("contacts/<int:pk>/panels/<slug:slot>/<slug:key>/", contacts.contact_panel, name="contact_panel"),
    path("contacts/<int:pk>/edit/", contacts.contact_edit, name="contact_edit"),
    path("contacts/<int:pk>/delete/", contacts.contact_delete, name="contact_delete"),
    path("contacts/<int:pk>/restore/", contacts.contact_restore, name="contact_restore"),
    path("contacts/<int:pk>/primary/", contacts.contact_primary, name="contact_primary"),
    path("contacts/<int:pk>/links/new/", contacts.contact_link, name="contact_link"),
    path("contacts/<int:pk>/links/<int:link_pk>/delete/", contacts.contact_unlink, name="contact_unlink"),
    *CUSTOMER_PAGE.urls("customers"),
    *CUSTOMER_BIN.urls("customers/bin"),
    *CUSTOMERS.urls("customers"),
    *CONTACT_BIN.urls("contacts/bin"),
    *CONTACTS.urls("contacts"),
]
