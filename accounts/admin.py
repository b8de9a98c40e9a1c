"""Business records in the administration: to look at, within the same rows as everywhere; they change on their own pages."""

from django.contrib import admin

from accounts.models import Activity, Contact, Customer
from crm.console.admin_base import VisibleModelAdmin

UNSHOWN = ("search_text", "search_grams", "name_sort", "previous_owner", "deleted_by_id")


class RecordAdmin(VisibleModelAdmin):
    """One kind of business record, read-only."""

    exclude = UNSHOWN
    list_select_related = ("owner", "team")
    list_per_page = 50
    show_full_result_count = False


@admin.register(Customer)
class CustomerAdmin(RecordAdmin):
    """Customers."""

    list_display = ("name", "owner", "team", "lifecycle_stage", "updated_at")
    list_filter = ("lifecycle_stage", "team")
    search_fields = ("name",)


@admin.register(Contact)
class ContactAdmin(RecordAdmin):
    """Contacts."""

    list_display = ("name", "customer", "title")
    list_select_related = ("customer",)
    search_fields = ("name", "customer__name")


@admin.register(Activity)
class ActivityAdmin(RecordAdmin):
    """Follow-ups."""

    list_display = ("subject", "kind", "customer", "owner", "due_at", "done_at")
    list_select_related = ("customer", "owner")
    list_filter = ("kind",)
    search_fields = ("subject", "customer__name")
