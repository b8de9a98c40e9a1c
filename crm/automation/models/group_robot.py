from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.core.writes import Versioned
from crm.identity.policies import Everyone


class GroupRobot(Versioned):
    """A robot in a chat group of WeCom, DingTalk or Feishu that tells the group news of a team, or of everybody.

    Its address and its secret are what lets one speak in the group: both are kept sealed and never shown again.
    Administrators manage all of them, a team's leader those of the team and of the teams below it.
    """

    class Kind(models.TextChoices):
        WECOM = "wecom", _("WeCom")
        DINGTALK = "dingtalk", _("DingTalk")
        FEISHU = "feishu", _("Feishu")

    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("group chat"), max_length=10, choices=Kind.choices)
    team = models.ForeignKey(
        "identity.Team",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("news of"),
    )
    news = ArrayField(models.CharField(max_length=40), default=list, verbose_name=_("tells of"))
    shows_names = models.BooleanField(_("names the customer"), default=False)
    language = models.CharField(_("language"), max_length=10, blank=True)
    is_active = models.BooleanField(_("switched on"), default=True)
    sealed_address = models.TextField(editable=False)
    sealed_secret = models.TextField(blank=True, editable=False)
    hint = models.CharField(
        max_length=120, editable=False
    )  # the machine's name, so that people know it again
    sent_at = models.DateTimeField(null=True, editable=False)

    access = Everyone()
    unrecorded_fields = ("sealed_address", "sealed_secret", "hint", "sent_at")

    class Meta:
        verbose_name = _("group robot")
        verbose_name_plural = _("group robots")
        default_permissions = ()
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class RobotMessage(models.Model):
    """One message that has to reach a group, written in the transaction that caused it.

    It holds who, when and how many, and the customer's name only where the robot may say it; never what people wrote.
    A message whose answer got lost goes out again: a group may read one twice, but never misses one.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        DROPPED = "dropped", _("No longer needed")

    robot = models.ForeignKey(GroupRobot, models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    count = models.PositiveIntegerField(default=1)
    url = models.CharField(max_length=300, blank=True)
    about_type = models.CharField(max_length=60, blank=True)
    about_id = models.BigIntegerField(null=True)
    dedupe_key = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    access = Everyone()

    class Meta:
        verbose_name = _("message to a group")
        verbose_name_plural = _("messages to groups")
        default_permissions = ()
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["next_at"], condition=models.Q(state="pending"), name="robot_pending"),
            models.Index(fields=["lease_until"], condition=models.Q(state="sending"), name="robot_sending"),
        ]

    def __str__(self) -> str:
        return f"{self.robot_id}: {self.kind}"
