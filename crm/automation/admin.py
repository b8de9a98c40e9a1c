"""The mail outbox for administrators: what failed or is uncertain can be sent again."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from crm.automation import services
from crm.automation.models import OutgoingEmail
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(ModelAdmin):
    """Outgoing mails are written by the system; an administrator reads them and decides about the doubtful ones."""

    list_display = ("created_at", "to", "subject", "state", "attempts", "error")
    list_filter = ("state", "kind")
    search_fields = ("to", "subject")
    actions = ("send_again",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        return [f.name for f in OutgoingEmail._meta.fields]

    @admin.action(description=_("Send again"), permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutgoingEmail]) -> None:
        sent = 0
        for email in queryset:
            try:
                services.resend(email, actor=actor_of(request))
                sent += 1
            except RuleBroken as error:
                messages.error(request, f"{email}: {error}")
        if sent:
            text = ngettext("%(n)s mail goes out again.", "%(n)s mails go out again.", sent) % {"n": sent}
            messages.success(request, text)
