"""The administration's pages: roles with their rights, people, the team tree, who sees what, reference data."""

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from crm.console.admin_base import VisibleModelAdmin
from crm.console.rights import VERBS, kinds, verbs_of
from crm.identity import services
from crm.identity.fields import guarded_fields
from crm.identity.held import TEAM_PERMISSION
from crm.identity.models import Company, FieldRight, Role, RolePolicy, Team, TeamUserGrant, User
from crm.identity.models.grant import RecordGroupGrant, RecordUserGrant
from crm.records.models import BusinessCalendar, CalendarDay, ExchangeRate, Industry, Region, Tag
from crm.records.services import set_rate
from crm.records.services import tags as tag_services


class PolicyForm(forms.ModelForm):
    """One kind of record: the verbs as check boxes, and how far they reach."""

    model = forms.ChoiceField(label=_("Kind of record"), widget=UnfoldAdminSelectWidget)
    verbs = forms.MultipleChoiceField(
        label=pgettext_lazy("rights", "May"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    class Meta:
        model = RolePolicy
        fields = ["model", "verbs", "scope"]
        widgets = {"scope": UnfoldAdminSelectWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {kind.label: str(kind.name) for kind in kinds()}
        own = self.instance.model
        if own:
            self.fields["model"].choices = [(own, names.get(own, own))]
            known = apps.get_model(own) if own in _labels() else None
            verbs = verbs_of(known) if known else ()
            verbs = (*verbs, *(verb for verb in self.instance.verbs if verb not in verbs))
        else:
            self.fields["model"].choices = [("", "–"), *sorted(names.items(), key=lambda pair: pair[1])]
            verbs = tuple(VERBS)
        self.fields["verbs"].choices = [(verb, str(VERBS.get(verb, verb))) for verb in verbs]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        label = data.get("model")
        if label in _labels():
            unknown = (
                set(data.get("verbs", ())) - set(verbs_of(apps.get_model(label))) - set(self.instance.verbs)
            )
            if unknown:
                self.add_error("verbs", _("This kind of record knows no such verb."))
        return data


def _labels() -> set[str]:
    return {model._meta.label_lower for model in apps.get_models()}


class PolicyInline(TabularInline):
    """What a role may do; each change goes through the service that keeps permissions in step."""

    model = RolePolicy
    form = PolicyForm
    extra = 1
    can_delete = False
    verbose_name_plural = _("Rights per kind of record")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("identity.change_role"))

    has_change_permission = has_view_permission = has_add_permission


class FieldRightForm(forms.ModelForm):
    """One field of one kind of record, and how far the role reaches into it."""

    class Meta:
        model = FieldRight
        fields = ["model", "field", "level"]
        widgets = {"level": UnfoldAdminSelectWidget}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        known = {model._meta.label_lower: guarded_fields(model) for model in apps.get_models()}
        if data.get("field") not in known.get(data.get("model", ""), ()):
            self.add_error("field", _("This field cannot be restricted."))
        return data


class FieldRightInline(TabularInline):
    """Fields a role may not simply see and edit; “Edit” lifts a restriction."""

    model = FieldRight
    form = FieldRightForm
    extra = 1
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("identity.change_role"))

    has_change_permission = has_view_permission = has_add_permission


@admin.register(Role)
class RoleAdmin(VisibleModelAdmin):
    """Roles: names, rights, export cap."""

    writes = deletes = True
    list_display = ("name_zh", "name_en", "slug", "export_cap", "needs_second_factor", "is_administrator")
    search_fields = ("name_zh", "name_en", "slug")
    fields = (
        "slug",
        ("name_zh", "name_en"),
        ("description_zh", "description_en"),
        ("export_cap", "position"),
        ("needs_second_factor", "is_administrator"),
    )
    inlines = (PolicyInline, FieldRightInline)

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    def write(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> Role:
        values = {name: form.cleaned_data[name] for name in form.cleaned_data if name != "slug"}
        if change:
            return services.update_role(obj, actor=self.actor(request), **values)
        return services.create_role(obj.slug, actor=self.actor(request), **values)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """All changed rights of the role in one write."""
        if formset.model is FieldRight:
            self._save_fields(request, form.instance, formset)
            return
        changed = {
            row.cleaned_data["model"]: (row.cleaned_data["verbs"], row.cleaned_data["scope"])
            for row in formset.forms
            if row.has_changed() and row.cleaned_data.get("model")
        }
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        if changed:
            services.save_policies(form.instance, changed, actor=self.actor(request))

    def _save_fields(self, request: HttpRequest, role: Role, formset: Any) -> None:
        rows = [row.cleaned_data for row in formset.forms if row.has_changed() and row.cleaned_data]
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        levels = {(row["model"], row["field"]): row["level"] for row in rows}
        services.save_field_rights(role, levels, actor=self.actor(request))

    def remove(self, request: HttpRequest, obj: Role) -> None:
        services.delete_role(obj, actor=self.actor(request))


@admin.register(User)
class UserAdmin(VisibleModelAdmin):
    """People: contact data, role and team. They leave through the organisation page, which asks for successors."""

    writes = True
    list_display = ("name", "username", "role", "team", "is_active", "last_login")
    list_filter = ("is_active", "role", "team")
    search_fields = ("name", "username", "email", "phone", "name_sort")
    fields = ("username", "name", "email", "phone", "title", "role", "team")
    list_select_related = ("role", "team")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return ("username",) if obj else ()

    def write(self, request: HttpRequest, obj: User, form: Any, change: bool) -> User:
        values = {name: form.cleaned_data[name] for name in form.cleaned_data if name != "username"}
        if change:
            return services.update_user(obj, actor=self.actor(request), **values)
        return services.create_user(obj.username, actor=self.actor(request), **values)


class GrantForm(forms.ModelForm):
    """One person's access to this team's records, beside what role and leadership give."""

    class Meta:
        model = TeamUserGrant
        fields = ["user", "permission"]


class GrantInline(TabularInline):
    """Who works with the team's records; only what was given by hand can be given and taken here."""

    model = TeamUserGrant
    form = GrantForm
    extra = 0
    readonly_fields = ("source",)
    verbose_name_plural = _("Who works with this team's records")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).select_related("user", "permission")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("identity.change_team"))

    has_view_permission = has_delete_permission = has_add_permission

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        related = db_field.remote_field.model
        if db_field.name == "permission":
            kwargs["queryset"] = related._default_manager.filter(
                codename__in=TEAM_PERMISSION.values(), content_type__app_label="identity"
            )
        elif db_field.name == "user":
            kwargs["queryset"] = related._default_manager.filter(is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Team)
class TeamAdmin(VisibleModelAdmin):
    """The team tree: names, places, leaders, and whose records who works with."""

    writes = deletes = True
    list_display = ("place", "leader", "people", "region_code")
    search_fields = ("name",)
    fields = ("name", "parent", "leader", "region_code")
    list_select_related = ("leader", "parent__parent__parent__parent")
    inlines = (GrantInline,)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        people = models.Count("members", filter=models.Q(members__is_active=True))
        return super().get_queryset(request).annotate(people_count=people)

    @admin.display(description=_("Team"), ordering="name")
    def place(self, team: Team) -> str:
        names = [team.name]
        above = team.parent
        while above is not None:
            names.append(above.name)
            above = above.parent
        return " / ".join(reversed(names))

    @admin.display(description=_("People"))
    def people(self, team: Any) -> int:
        return int(team.people_count)

    def write(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> Team:
        if change:
            return services.update_team(obj, actor=self.actor(request), **form.cleaned_data)
        return services.create_team(actor=self.actor(request), **form.cleaned_data)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        for row in formset.forms:
            data = row.cleaned_data
            if data.get("DELETE") and row.instance.pk:
                services.withdraw_team_access(row.instance, actor=self.actor(request))
            elif data.get("user") and not row.instance.pk:
                services.grant_team_access(
                    form.instance, data["user"], data["permission"].codename, actor=self.actor(request)
                )

    def remove(self, request: HttpRequest, obj: Team) -> None:
        services.delete_team(obj, actor=self.actor(request))


class GrantAdmin(VisibleModelAdmin):
    """Object permissions, to look at: who sees what, and why. They change where they come from."""

    list_per_page = 100

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return self.model._default_manager.all()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("identity.change_role"))


@admin.register(TeamUserGrant)
class TeamGrantAdmin(GrantAdmin):
    """Who works with which team's records."""

    list_display = ("user", "permission_name", "content_object", "source")
    list_filter = ("source", "permission", "content_object")
    search_fields = ("user__name", "user__username", "content_object__name")
    list_select_related = ("user", "permission", "content_object")

    @admin.display(description=pgettext_lazy("rights", "May"))
    def permission_name(self, grant: TeamUserGrant) -> str:
        return str(_(grant.permission.name))


def _register_record_grants() -> None:
    for base, holder in ((RecordUserGrant, "user"), (RecordGroupGrant, "group")):
        for table in base.__subclasses__():
            page = type(
                f"{table.__name__}Admin",
                (GrantAdmin,),
                {
                    "list_display": ("content_object", holder, "permission", "expires_at", "granted_by"),
                    "list_select_related": ("content_object", holder, "permission", "granted_by"),
                },
            )
            admin.site.register(table, page)


@admin.register(Company)
class CompanyAdmin(VisibleModelAdmin):
    """The company's own names."""

    list_display = ("name", "short_name")
    writes = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def write(self, request: HttpRequest, obj: Company, form: Any, change: bool) -> Company:
        return services.update_company(actor=self.actor(request), **form.cleaned_data)


@admin.register(Tag)
class TagAdmin(VisibleModelAdmin):
    """Tags."""

    writes = deletes = True
    list_display = ("name", "group", "colour", "is_active", "expiry_date")
    list_filter = ("group", "is_active")
    search_fields = ("name", "name_sort")

    def write(self, request: HttpRequest, obj: Tag, form: Any, change: bool) -> Tag:
        values = dict(form.cleaned_data)
        if change:
            return tag_services.update_tag(obj, actor=self.actor(request), **values)
        active = values.pop("is_active", True)
        tag = tag_services.create_tag(values.pop("name"), actor=self.actor(request), **values)
        return tag if active else tag_services.update_tag(tag, actor=self.actor(request), is_active=False)

    def remove(self, request: HttpRequest, obj: Tag) -> None:
        tag_services.delete_tag(obj, actor=self.actor(request))


class CurrencyField(forms.CharField):
    """A currency's code, in capitals however it is typed."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").upper()


class RateForm(forms.ModelForm):
    """What a currency is worth from a day on."""

    class Meta:
        model = ExchangeRate
        fields = ["currency", "valid_from_date", "rate"]
        field_classes = {"currency": CurrencyField}
        error_messages = {"rate": {"min_value": _("A rate is greater than 0.")}}


@admin.register(ExchangeRate)
class ExchangeRateAdmin(VisibleModelAdmin):
    """What other currencies are worth from which day on: amounts can be in the currencies that have a rate."""

    writes = True
    form = RateForm
    list_display = ("currency", "valid_from_date", "rate", "base")
    list_filter = ("currency",)
    fields = ("currency", "valid_from_date", "rate")

    def get_readonly_fields(self, request: HttpRequest, obj: ExchangeRate | None = None) -> tuple[str, ...]:
        return ("currency", "valid_from_date") if obj else ()

    def write(self, request: HttpRequest, obj: ExchangeRate, form: Any, change: bool) -> ExchangeRate:
        return set_rate(
            obj.currency,
            obj.valid_from_date,
            form.cleaned_data["rate"],
            actor=self.actor(request),
            base=obj.base,
        )


@admin.register(Region, Industry, BusinessCalendar, CalendarDay)
class ReferenceAdmin(VisibleModelAdmin):
    """Reference data, to look at; calendars are edited in the settings."""


_register_record_grants()
