from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.approvals.models.flow import ApprovalFlow, Mode
from crm.approvals.registry import kind_of
from crm.approvals.rules import rounds
from crm.core.languages import in_reader_language
from crm.core.money import BASE_CURRENCY
from crm.core.writes import Versioned
from crm.identity.models.grant import RecordGroupGrant, RecordUserGrant
from crm.identity.policies import Owned, Private, Via

if TYPE_CHECKING:
    from crm.approvals.registry import Approvable


class ApprovalRequest(Versioned):
    """That somebody asked for agreement to one record (审批单): what it was about at that moment, and what came of it.

    What an approver has to know is kept here as it was when it was submitted, so that they need no right on the
    record itself. While it is pending the record is locked.
    """

    class State(models.TextChoices):
        PENDING = "pending", pgettext_lazy("approval", "Pending")
        APPROVED = "approved", pgettext_lazy("approval", "Approved")
        REJECTED = "rejected", pgettext_lazy("approval", "Rejected")
        RETURNED = "returned", pgettext_lazy("approval", "Sent back")
        WITHDRAWN = "withdrawn", pgettext_lazy("approval", "Withdrawn")

    kind = models.CharField(_("what is approved"), max_length=40)
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    detail = models.JSONField(
        default=dict, blank=True
    )  # what exactly is asked for, where the record has several
    submitter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("submitted by")
    )
    team = models.ForeignKey(
        "identity.Team", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    flow = models.ForeignKey(
        ApprovalFlow, models.SET_NULL, null=True, related_name="+", verbose_name=_("flow")
    )
    flow_name = models.CharField(max_length=80, blank=True)
    flow_version = models.PositiveIntegerField(null=True)
    title = models.CharField(_("about"), max_length=200)
    summary = models.CharField(_("in short"), max_length=300, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default=BASE_CURRENCY)
    # What the kind measures, by name, as it was; under "said" the title and the summary in every language.
    facts = models.JSONField(default=dict)
    copies = models.JSONField(default=list)  # ids of those who are told of the outcome
    note = models.CharField(_("reason"), max_length=500, blank=True)
    round = models.PositiveIntegerField(_("round"), default=1)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PENDING)
    submitted_at = models.DateTimeField(_("submitted"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    nudges = models.PositiveIntegerField(_("nudged"), default=0)
    nudged_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=300, blank=True)  # why what was approved could not take effect

    access = Owned(owner="submitter")

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        default_permissions = ("view", "add")
        permissions = [
            ("approve_approvalrequest", _("Can approve")),
            ("comment_approvalrequest", _("Can comment on approvals")),
            ("nudge_approvalrequest", _("Can nudge approvers")),
            ("export_approvalrequest", _("Can export approvals")),
        ]
        ordering = ["-submitted_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id"],
                condition=models.Q(state="pending"),
                name="approval_pending_once",
            )
        ]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-id"], name="approval_of_record"),
            models.Index(fields=["submitter", "-submitted_at", "-id"], name="approval_of_submitter"),
            models.Index(fields=["team", "-submitted_at", "-id"], name="approval_of_team"),
            models.Index(fields=["-submitted_at", "-id"], name="approval_new"),
        ]

    def __str__(self) -> str:
        return self.shown_title

    def get_absolute_url(self) -> str:
        return reverse("approval_detail", args=[self.pk])

    @property
    def approvable(self) -> "Approvable | None":
        """How this kind of record is approved; None once no installed app knows it any more."""
        return kind_of(self.kind)

    @property
    def kind_label(self) -> str:
        """What kind of thing is approved, in words."""
        return str(self.approvable.label) if self.approvable else self.kind

    @property
    def is_pending(self) -> bool:
        return self.state == self.State.PENDING

    @property
    def shown_title(self) -> str:
        """What it is about in the reader's language; `title` is what its submitter's says, to be searched for."""
        return str(in_reader_language(self.facts.get("said", {}).get("title", self.title)))

    @property
    def told(self) -> dict[str, Any]:
        """What events tell of it: its title, in every language where they differ."""
        said = self.facts.get("said", {}).get("title")
        return {"title": self.title, "said": said} if said else {"title": self.title}

    @property
    def shown_summary(self) -> str:
        """In short what is asked for, in the reader's language."""
        return str(in_reader_language(self.facts.get("said", {}).get("summary", self.summary)))

    @property
    def shown_flow(self) -> str:
        """What the flow is called in the reader's language."""
        return self.approvable.named(self.flow_name) if self.approvable else self.flow_name

    def shown_facts(self) -> list[tuple[str, str]]:
        """What an approver has to know, as label and value in the reader's language."""
        return self.approvable.shown(self.facts, self.currency) if self.approvable else []


class ApprovalStep(models.Model):
    """One step of a request, as the flow had it when it was submitted, or as an approver added it."""

    request = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=60, blank=True)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.ANY)
    is_added = models.BooleanField(default=False)

    access = Via("request")

    class Meta:
        verbose_name = _("step of an approval")
        verbose_name_plural = _("steps of approvals")
        default_permissions = ()
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name or str(self.position)


class ApprovalTask(models.Model):
    """One approver's part in a request: waiting for its step, open, or done with."""

    class State(models.TextChoices):
        WAITING = rounds.WAITING, pgettext_lazy("approval task", "Not yet asked")
        OPEN = rounds.OPEN, pgettext_lazy("approval task", "Waiting for an answer")
        APPROVED = rounds.APPROVED, pgettext_lazy("approval task", "Approved")
        REJECTED = rounds.REJECTED, pgettext_lazy("approval task", "Rejected")
        SKIPPED = rounds.SKIPPED, pgettext_lazy("approval task", "No longer needed")
        CANCELLED = rounds.CANCELLED, pgettext_lazy("approval task", "Cancelled")

    request = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="tasks")
    step = models.ForeignKey(ApprovalStep, models.CASCADE, related_name="tasks")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    instead_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    comment = models.CharField(max_length=500, blank=True)
    reminded_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)

    access = Via("request")

    class Meta:
        verbose_name = _("part in an approval")
        verbose_name_plural = _("parts in approvals")
        default_permissions = ()
        ordering = ["id"]
        indexes = [
            models.Index(fields=["approver"], condition=models.Q(state="open"), name="approval_task_open"),
            models.Index(fields=["approver", "-closed_at"], name="approval_task_done"),
            models.Index(fields=["opened_at"], condition=models.Q(state="open"), name="approval_task_late"),
        ]

    def __str__(self) -> str:
        return f"{self.approver_id} {self.state}"


class ApprovalCopy(models.Model):
    """That somebody is kept informed of an approval (抄送) without deciding it."""

    request = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="copied")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    access = Private("user")

    class Meta:
        verbose_name = _("copy of an approval")
        verbose_name_plural = _("copies of approvals")
        default_permissions = ()
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["request", "user"], name="approval_copy_once")]

    def __str__(self) -> str:
        return f"{self.request_id} → {self.user_id}"


class ApprovalUserGrant(RecordUserGrant):
    """That somebody who submitted nothing may read one approval: an approver, or who receives a copy."""

    content_object = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="user_grants")

    class Meta(RecordUserGrant.Meta):
        abstract = False
        verbose_name = _("reader of an approval")
        verbose_name_plural = _("readers of approvals")


class ApprovalGroupGrant(RecordGroupGrant):
    """That a whole team may read one approval."""

    content_object = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="group_grants")

    class Meta(RecordGroupGrant.Meta):
        abstract = False
        verbose_name = _("team that reads an approval")
        verbose_name_plural = _("teams that read approvals")


def plain_task(task: ApprovalTask, step: int) -> Any:
    """The row as a value of `rules.rounds`."""
    return rounds.Task(step, task.approver_id, task.state)
