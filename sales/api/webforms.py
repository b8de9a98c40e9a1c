"""REST: the public forms, for administrators, as on their pages."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.validators import validate_slug
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.identity.access import is_administrator
from crm.identity.models import Team, User
from crm.listing.rest.serializers import VisibleRelatedField
from crm.listing.rest.viewsets import ApiViewSet, Updates
from sales import services
from sales.models import WebForm
from sales.queries import webforms as queries
from sales.services.webforms import TEXTS

CONSENT = ("consent_zh", "consent_en")


class AskedSerializer(serializers.Serializer):
    """One field a form asks for: a field of leads or an own one (`cf_…`), and whether it has to be filled in."""

    name = serializers.CharField(max_length=60)
    required = serializers.BooleanField(default=False)


class WebFormSerializer(serializers.ModelSerializer):
    """A public form: what it asks, what it says, where it may stand, and what becomes of its leads.

    `consent_zh` and `consent_en` are today's wording; another one is kept as a new version.
    """

    fields = AskedSerializer(many=True, allow_empty=False, max_length=60)
    embed_origins = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, max_length=20
    )
    consent_zh = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    consent_en = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    consent_version = serializers.IntegerField(read_only=True, allow_null=True)
    owner = VisibleRelatedField(queryset=User.objects.filter(is_active=True), required=False, allow_null=True)
    team = VisibleRelatedField(queryset=Team.objects.filter(is_active=True), required=False, allow_null=True)
    address = serializers.SerializerMethodField(help_text=str(_("Where people fill it in.")))
    received = serializers.IntegerField(read_only=True, help_text=str(_("How often it was sent.")))

    class Meta:
        model = WebForm
        fields = [
            "id", *TEXTS, "fields", "embed_origins", *CONSENT, "consent_version", "address", "received", "version",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["version", "created_at", "updated_at"]
        extra_kwargs = {"slug": {"validators": []}}

    def to_representation(self, instance: WebForm) -> Any:
        wording = queries.consent_of(instance)
        found = super().to_representation(instance)
        found["fields"] = instance.fields
        found |= (
            {"consent_zh": wording.text_zh, "consent_en": wording.text_en}
            if wording
            else dict.fromkeys(CONSENT, "")
        )
        return found | {"consent_version": wording.version if wording else None}

    def get_address(self, form: WebForm) -> str:
        return settings.BASE_URL + form.get_absolute_url()

    def validate_slug(self, value: str) -> str:
        validate_slug(value)
        return value


class WebFormViewSet(Updates, ApiViewSet):
    """Public forms. One that is no longer wanted is closed (`is_active`): what was agreed to by it stays as proof."""

    serializer_class = WebFormSerializer
    queryset = WebForm._base_manager.none()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not is_administrator(request.user):
            raise PermissionDenied

    def record(self, action: str = "view") -> WebForm:
        """The form of the address: who administers may do everything with it."""
        return get_object_or_404(queries.web_forms(), pk=self.kwargs["pk"])

    def reread(self, form: WebForm) -> WebForm:
        """A form with its counts."""
        return queries.web_forms().get(pk=form.pk)

    @extend_schema(responses={200: WebFormSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """All public forms."""
        return self.all_of(queries.web_forms())

    def retrieve(self, request: Request, pk: str) -> Response:
        """One form."""
        return self.answer(self.record())

    def create(self, request: Request) -> Response:
        """A new form."""
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self.made(self.reread(services.save_web_form(None, actor=self.actor, **given.validated_data)))

    def update_record(self, record: WebForm, values: dict[str, Any], expected: int | None) -> WebForm:
        """What is left out of its texts stays as it is."""
        wording = queries.consent_of(record)
        kept: dict[str, Any] = {"fields": record.fields, "embed_origins": record.embed_origins}
        kept |= {"consent_zh": wording.text_zh, "consent_en": wording.text_en} if wording else {}
        return services.save_web_form(record, actor=self.actor, expected=expected, **(kept | values))


ROUTES = [("forms", WebFormViewSet)]
