"""What is read of public forms; only administrators read what was sent by them."""

from django.db import models
from django.db.models import Count, Max

from crm.records.models import Industry, Region
from crm.records.models.custom_field import PREFIX, CustomField
from crm.records.queries.custom_fields import fields_of
from sales.models import ConsentText, FormSubmission, Lead, WebForm

OWN = (
    "name", "company", "title", "phone", "email", "wechat", "industry", "region", "size", "website", "need", "budget",
    "expected_at",
)  # fmt: skip
WAYS = ("phone", "email", "wechat")
NOT_PUBLIC = (CustomField.Kind.USER, CustomField.Kind.RECORD)


def public_fields() -> list[tuple[str, str]]:
    """The fields a form may ask for, with their labels: those of a lead and custom ones that name no colleague or record."""
    own = [(name, str(Lead._meta.get_field(name).verbose_name)) for name in OWN]
    custom = [one for one in fields_of(Lead).values() if one.kind not in NOT_PUBLIC and not one.visible_to]
    return own + [(one.name, one.label) for one in custom]


def custom_of(name: str) -> CustomField | None:
    """The custom field of a name, None for built-in ones and those that are gone."""
    return fields_of(Lead).get(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None


def widest(name: str) -> models.QuerySet:
    """The industries or regions a visitor chooses from: sections and provinces."""
    model = Industry if name == "industry" else Region
    return model._base_manager.filter(parent__isnull=True, is_active=True).order_by("code")


def open_form(slug: str) -> WebForm | None:
    """A form the public may fill in."""
    return WebForm.objects.filter(slug=slug, is_active=True).first()


def web_forms() -> models.QuerySet[WebForm]:
    """All forms with how often each was sent, and when last."""
    rows = WebForm.objects.select_related("owner", "team")
    return rows.annotate(received=Count("submissions"), last_at=Max("submissions__at"))


def web_form(pk: int) -> WebForm | None:
    """One form by its number."""
    return WebForm.objects.filter(pk=pk).first()


def consent_of(form: WebForm) -> ConsentText | None:
    """The wording people agree to today; None where nothing is asked."""
    newest = form.consents.first()
    return newest if newest is not None and (newest.text_zh or newest.text_en) else None


def received(form: WebForm, limit: int = 50) -> list[FormSubmission]:
    """What was last sent by a form."""
    return list(form.submissions.select_related("lead", "customer", "consent")[:limit])
