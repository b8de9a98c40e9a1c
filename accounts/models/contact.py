from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.choices import ContactRole
from accounts.models.customer import ALIVE, Customer
from crm.core.phone import search_forms
from crm.core.pinyin import initials, sort_key
from crm.core.writes import AliveManager, SoftDeletable, Versioned
from crm.identity.policies import Via
from crm.records.custom_sql import custom_index
from crm.records.models.custom_field import CustomFields
from crm.records.queries.custom_fields import custom_words
from crm.records.searchable import Searchable, search_index
from crm.records.sound import sound_index


class Contact(CustomFields, Searchable, Versioned, SoftDeletable):
    """A person at a customer: one main customer, further ones through `ContactLink`."""

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="contacts", verbose_name=_("customer")
    )
    name = models.CharField(_("name"), max_length=100)
    name_sort = models.CharField(max_length=200, editable=False)
    title = models.CharField(_("job title"), max_length=100, blank=True)
    department = models.CharField(_("department"), max_length=100, blank=True)
    role = models.CharField(_("role"), max_length=16, choices=ContactRole.choices, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    wechat = models.CharField(_("WeChat"), max_length=100, blank=True)
    is_primary = models.BooleanField(_("main contact"), default=False)
    external_id = models.CharField(_("external ID"), max_length=100, blank=True)
    last_activity_at = models.DateTimeField(_("last follow-up"), null=True, blank=True, editable=False)
    last_activity_kind = models.CharField(max_length=16, blank=True, editable=False)
    phone_key = models.CharField(max_length=20, blank=True, editable=False)

    objects = AliveManager()
    goes_with = "customer"
    access = Via("customer", "links__customer")
    heard_by = "name_sort"
    guarded_fields = ("title", "department", "role", "phone", "email", "wechat", "external_id")
    contact_values = ("phone", "email", "wechat")  # covered while its customer lies in a pool
    contact_of = "customer"
    unrecorded_fields = ("phone_key",)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        permissions = [
            ("export_contact", _("Can export contacts")),
            ("import_contact", _("Can import contacts")),
            ("reveal_contact", _("Can reveal masked values of contacts")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=ALIVE & models.Q(is_primary=True), name="contact_primary_once"
            ),
            models.UniqueConstraint(
                fields=["external_id"],
                condition=ALIVE & ~models.Q(external_id=""),
                name="contact_external_id_once",
                violation_error_message=_("There is a contact with this external ID already."),
            ),
        ]
        indexes = [
            search_index("contact"),
            sound_index("contact"),
            custom_index("contact"),
            models.Index(fields=["-updated_at", "-id"], name="contact_new", condition=ALIVE),
            models.Index(fields=["name_sort", "id"], name="contact_name", condition=ALIVE),
            models.Index(fields=["phone_key"], name="contact_phone", condition=~models.Q(phone_key="")),
            models.Index(fields=["email"], name="contact_email", condition=~models.Q(email="")),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_sort = sort_key(self.name, person=True)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("contact_detail", args=[self.pk])

    def search_values(self) -> list[object]:
        """The person's names and numbers."""
        return [
            self.name,
            initials(self.name, person=True),
            *search_forms(self.phone),
            self.email,
            self.wechat,
            self.title,
            self.external_id,
            *custom_words(self),
        ]


class ContactLink(models.Model):
    """A contact's part in a further company beside their main one."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="links")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contact_links")
    role = models.CharField(_("role"), max_length=16, choices=ContactRole.choices, blank=True)
    title = models.CharField(_("job title"), max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    access = Via("customer")

    class Meta:
        verbose_name = _("further company of a contact")
        verbose_name_plural = _("further companies of contacts")
        constraints = [models.UniqueConstraint(fields=["contact", "customer"], name="contact_link_once")]

    def __str__(self) -> str:
        return f"{self.contact_id} · {self.customer_id}"
