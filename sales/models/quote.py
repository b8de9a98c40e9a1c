import datetime

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Contact, Customer
from accounts.models.customer import ALIVE, AliveManager
from crm.core.pinyin import initials
from crm.core.writes import SoftDeletable, Versioned
from crm.identity.ownership import OwnedModel
from crm.identity.policies import Owned, Via
from crm.records.custom_sql import custom_index
from crm.records.models.custom_field import CustomFields
from crm.records.queries.custom_fields import custom_words
from crm.records.searchable import Searchable, search_index
from sales.models.lines import SaleLine, Totals
from sales.models.opportunity import Opportunity
from sales.models.product import PriceBook


class QuoteStatus(models.TextChoices):
    """How far a quote has come; what was sent is frozen, a change makes a new version of it."""

    DRAFT = "draft", pgettext_lazy("quote", "Draft")
    IN_APPROVAL = "in_approval", pgettext_lazy("quote", "In approval")
    APPROVED = "approved", pgettext_lazy("quote", "Approved")
    SENT = "sent", pgettext_lazy("quote", "Sent")
    ACCEPTED = "accepted", pgettext_lazy("quote", "Accepted")
    DECLINED = "declined", pgettext_lazy("quote", "Declined")
    EXPIRED = "expired", pgettext_lazy("quote", "Expired")
    SUPERSEDED = "superseded", pgettext_lazy("quote", "Superseded")


class Quote(OwnedModel, Totals, CustomFields, Searchable, Versioned, SoftDeletable):
    """An offer to a customer (报价单), valid until a day; `revision` counts what was sent under one number."""

    number = models.CharField(_("quote number"), max_length=60, editable=False)
    revision = models.PositiveSmallIntegerField(_("revision"), default=1, editable=False)
    supersedes = models.OneToOneField(
        "self", models.SET_NULL, null=True, editable=False, related_name="superseded_by"
    )
    name = models.CharField(_("subject"), max_length=200)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="quotes", verbose_name=_("customer"))
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )
    opportunity = models.ForeignKey(
        Opportunity,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="quotes",
        verbose_name=_("opportunity"),
    )
    price_book = models.ForeignKey(
        PriceBook, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("price book")
    )
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=QuoteStatus.choices,
        default=QuoteStatus.DRAFT,
        editable=False,
    )
    valid_until = models.DateField(_("valid until"))
    language = models.CharField(
        _("language"), max_length=8, choices=(("zh-hans", "中文"), ("en", "English")), default="zh-hans"
    )
    payment_terms = models.CharField(_("payment terms"), max_length=300, blank=True)
    delivery_terms = models.CharField(_("delivery terms"), max_length=300, blank=True)
    note = models.TextField(_("note to the customer"), max_length=2000, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)
    sent_to = models.EmailField(_("sent to"), max_length=254, blank=True, editable=False)
    viewed_at = models.DateTimeField(_("first viewed"), null=True, editable=False)
    views = models.PositiveIntegerField(_("views"), default=0, editable=False)
    closed_at = models.DateTimeField(_("answered"), null=True, editable=False)
    answered_by = models.CharField(_("answered by"), max_length=100, blank=True, editable=False)
    answer_note = models.CharField(_("words with the answer"), max_length=500, blank=True, editable=False)

    objects = AliveManager()
    goes_with = "customer"
    access = Owned(also_via="customer")

    class Meta:
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        permissions = [
            ("export_quote", _("Can export quotes")),
            ("transfer_quote", _("Can transfer quotes")),
            ("comment_quote", _("Can comment on quotes")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["number", "revision"], condition=ALIVE, name="quote_revision_once"
            ),
            models.UniqueConstraint(
                fields=["number"], condition=ALIVE & models.Q(status="accepted"), name="quote_accepted_once"
            ),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="quote_amount_not_negative"),
        ]
        indexes = [
            search_index("quote"),
            custom_index("quote"),
            models.Index(fields=["owner", "-updated_at", "-id"], name="quote_owner_new", condition=ALIVE),
            models.Index(fields=["team", "-updated_at", "-id"], name="quote_team_new", condition=ALIVE),
            models.Index(fields=["-updated_at", "-id"], name="quote_new", condition=ALIVE),
            models.Index(fields=["-amount", "-id"], name="quote_amount", condition=ALIVE),
            models.Index(fields=["number", "-revision"], name="quote_number", condition=ALIVE),
            models.Index(fields=["customer", "-id"], name="quote_of_customer", condition=ALIVE),
            models.Index(
                fields=["valid_until"],
                name="quote_expiring",
                condition=ALIVE & models.Q(status__in=["sent", "approved"]),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("quote_detail", args=[self.pk])

    def search_values(self) -> list[object]:
        """Found by its number, its subject and the customer."""
        return [
            self.number,
            self.name,
            initials(self.name),
            self.customer.name,
            initials(self.customer.name),
            *custom_words(self),
        ]

    @property
    def label(self) -> str:
        """The number, with the version from the second on."""
        return f"{self.number} v{self.revision}" if self.revision > 1 else self.number

    @property
    def is_draft(self) -> bool:
        """Whether its own fields and lines can still change."""
        return self.status == QuoteStatus.DRAFT and self.deleted_at is None

    def is_expired(self, today: datetime.date) -> bool:
        return self.status == QuoteStatus.SENT and self.valid_until < today


class QuoteLine(SaleLine):
    """One line of a quote."""

    quote = models.ForeignKey(Quote, models.CASCADE, related_name="lines")

    access = Via("quote")

    class Meta(SaleLine.Meta):
        abstract = False
        verbose_name = _("line of a quote")
        verbose_name_plural = _("lines of quotes")


class QuoteLink(models.Model):
    """The way a customer reaches one sent quote without signing in; it runs out, and can be withdrawn.

    Only the digest of what stands in the address is kept; the address itself follows from `nonce` and the secret key.
    """

    quote = models.ForeignKey(Quote, models.CASCADE, related_name="links")
    nonce = models.CharField(max_length=43)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = AliveManager()
    goes_with = "quote"
    access = Via("quote")

    class Meta:
        verbose_name = _("link to a quote")
        verbose_name_plural = _("links to quotes")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.quote_id}"
