from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class OutgoingEmail(models.Model):
    """One mail that has to leave, written in the transaction that caused it.

    SMTP cannot promise exactly once: a mail whose sending broke off half-way becomes `uncertain` and is shown to an
    administrator instead of being sent again silently. The Message-ID stays the same over all attempts.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        UNCERTAIN = "uncertain", _("Uncertain")
        DROPPED = "dropped", _("No longer needed")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    to = models.EmailField(_("to"))
    sender_name = models.CharField(max_length=100, blank=True)  # in whose name, at the company's own address
    reply_to = models.CharField(max_length=254, blank=True)
    kind = models.CharField(max_length=40, blank=True)
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField(_("text"))
    html = models.TextField(blank=True)
    unsubscribe_url = models.CharField(
        max_length=400, blank=True
    )  # what mail programs offer beside the sender
    about_type = models.CharField(max_length=60, blank=True)
    about_id = models.BigIntegerField(null=True)
    message_id = models.CharField(max_length=200, unique=True)
    dedupe_key = models.CharField(max_length=200, unique=True)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True)

    class Meta:
        verbose_name = _("outgoing e-mail")
        verbose_name_plural = _("outgoing e-mails")
        default_permissions = ("view", "change")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["next_at"], condition=models.Q(state="pending"), name="email_pending"),
            models.Index(fields=["lease_until"], condition=models.Q(state="sending"), name="email_sending"),
            models.Index(fields=["reply_to"], condition=~models.Q(reply_to=""), name="email_reply_to"),
        ]

    def __str__(self) -> str:
        return f"{self.to}: {self.subject}"
