"""The base of every page of the administration: no row, no choice and no write beside the usual rules."""

from typing import Any

from django.contrib import messages
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from crm.core.writes import RuleBroken, lock
from crm.events.actor import Actor, actor_of
from crm.events.catalogue import EventType
from crm.events.recording import record_event, recording
from crm.identity.access import has_verb, narrow, visible


class VisibleModelAdmin(ModelAdmin):
    """Rows start from `visible()`, verbs are the role's; read-only unless a subclass writes through a service, which only
    kinds of record have that are everybody's whose role has the verb.

    A subclass that writes sets `writes = True` and overrides `write` (and `remove`), or names the event under which
    its plain saves are recorded (`recorded_as`).
    """

    writes = False
    deletes = False
    recorded_as: EventType | None = None
    actions = None
    compressed_fields = True

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        rows = visible(self.model, request.user)
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, "view")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.writes and self._allowed(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.writes and self._allowed(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.deletes and self._allowed(request, "delete")

    def _allowed(self, request: HttpRequest, verb: str) -> bool:
        return has_verb(request.user, verb, self.model)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Choices are the records the administrator may see."""
        related = db_field.remote_field.model
        if getattr(related, "access", None) is not None:
            rows = kwargs.get("queryset")
            rows = related._default_manager.all() if rows is None else rows
            kwargs["queryset"] = narrow(rows, request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def actor(self, request: HttpRequest) -> Actor:
        return actor_of(request).via("admin")

    def write(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> Any:
        """Save what the form holds and record it; returns the saved record."""
        if self.recorded_as is None:
            raise NotImplementedError(f"{type(self).__name__} writes without recording")
        if not change:
            obj.save()
            record_event(self.recorded_as, obj, actor=self.actor(request), payload={"name": str(obj)})
            return obj
        record = lock(obj)
        with recording(self.recorded_as, record, actor=self.actor(request)):
            for field in form.changed_data:
                setattr(record, field, form.cleaned_data[field])
            record.save()
        return record

    def remove(self, request: HttpRequest, obj: Any) -> None:
        if self.recorded_as is None:
            raise NotImplementedError(f"{type(self).__name__} deletes without recording")
        record_event(self.recorded_as, obj, actor=self.actor(request), payload={"deleted": str(obj)})
        obj.delete()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        saved = self.write(request, obj, form, change)
        obj.pk = saved.pk
        obj.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.remove(request, obj)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A broken rule becomes a message; nothing of the form is saved."""
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except RuleBroken as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().delete_view(request, object_id, extra_context)
        except (RuleBroken, models.ProtectedError) as error:
            messages.error(request, str(error) if isinstance(error, RuleBroken) else str(error.args[0]))
            return HttpResponseRedirect(request.get_full_path())
