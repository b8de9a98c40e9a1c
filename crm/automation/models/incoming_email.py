from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.automation.models.outgoing_email import OutgoingEmail


class IncomingEmail(models.Model):
    """A mail that came to the reply address, kept once however often it is fetched.

    Of one that answers none of our mails nothing is kept but that it was seen: its words are nobody's business here.
    """

    class Kind(models.TextChoices):
        HUMAN = "human", _("Written by a person")
        AUTOMATIC = "automatic", _("Automatic answer")
        BOUNCE = "bounce", _("Came back")
        OWN = "own", _("From a colleague")

    digest = models.CharField(max_length=64, unique=True)
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    answers = models.ForeignKey(OutgoingEmail, models.CASCADE, null=True, related_name="answers")
    sender = models.CharField(_("from"), max_length=254, blank=True)
    sender_name = models.CharField(max_length=100, blank=True)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    text = models.TextField(_("text"), blank=True)
    status = models.CharField(max_length=12, blank=True)  # of a bounce, such as 5.1.1
    sent_at = models.DateTimeField(_("sent"), null=True)
    received_at = models.DateTimeField(_("received"), default=timezone.now)

    class Meta:
        verbose_name = _("incoming e-mail")
        verbose_name_plural = _("incoming e-mails")
        default_permissions = ("view",)
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.sender}: {self.subject}"
