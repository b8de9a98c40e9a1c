"""What administrators set for quotes and contracts."""

from django.urls import path

from sales.views import sales_settings

urlpatterns = [
    path("settings/numbering/", sales_settings.numbering, name="numbering"),
    path("settings/numbering/<int:pk>/", sales_settings.numbering_edit, name="numbering_edit"),
    path("settings/letterhead/", sales_settings.letterhead, name="letterhead"),
    path("settings/tax-rates/", sales_settings.tax_rates, name="tax_rates"),
    path("settings/tax-rates/add/", sales_settings.tax_rate_edit, name="tax_rate_add"),
    path("settings/tax-rates/<int:pk>/", sales_settings.tax_rate_edit, name="tax_rate_edit"),
]
