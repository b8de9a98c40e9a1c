import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.core.writes import Versioned
from crm.identity.policies import Everyone


def picture_path(letterhead: "Letterhead", original_name: str) -> str:
    """Where a picture lies: under a random name, whatever it was called."""
    return f"letterhead/{uuid.uuid4().hex}.png"


class Letterhead(Versioned):
    """What stands on the company's quotes and contracts: its legal name, address, bank, logo, seal and standing terms."""

    legal_name = models.CharField(_("legal name"), max_length=200, blank=True)
    legal_name_en = models.CharField(_("legal name in English"), max_length=200, blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    website = models.CharField(_("website"), max_length=200, blank=True)
    tax_number = models.CharField(_("tax number"), max_length=30, blank=True)
    bank = models.CharField(_("bank"), max_length=200, blank=True)
    bank_account = models.CharField(_("bank account"), max_length=60, blank=True)
    logo = models.FileField(_("logo"), upload_to=picture_path, max_length=200, blank=True)
    seal = models.FileField(_("seal"), upload_to=picture_path, max_length=200, blank=True)
    quote_terms = models.TextField(_("standing terms of quotes"), max_length=4000, blank=True)
    contract_terms = models.TextField(_("clauses of contracts"), max_length=20000, blank=True)
    consent_text = models.TextField(
        _("what customers agree to when they accept"), max_length=1000, blank=True
    )

    access = Everyone()

    class Meta:
        verbose_name = _("letterhead")
        verbose_name_plural = _("letterheads")
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return self.legal_name
