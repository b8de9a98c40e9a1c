"""Forms of follow-ups: they validate, services save."""

import datetime
from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Activity, ActivityKind, Customer, Outcome
from accounts.models.activity import TEXTS
from accounts.queries.activities import contacts_of
from accounts.rules.due import LATER_TODAY, NEXT_MONDAY, TOMORROW, at_day, put_off
from accounts.services import NextStep
from crm.core.clock import company_today
from crm.identity.fields import may_edit
from crm.identity.models import User
from crm.listing.forms import CrmForm, people
from crm.records.models import StoredFile
from crm.records.queries import business_calendar
from crm.records.queries.files import own_uploads

MOST_FILES = 10
FACE_TO_FACE = (ActivityKind.VISIT, ActivityKind.MEETING)  # colleagues may have come along


class ManyFiles(forms.FileField):
    """Several files in one field."""

    widget = forms.ClearableFileInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget = _ManyInput()

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data] if data else []
        if len(files) > MOST_FILES:
            raise forms.ValidationError(_("At most %(count)d files.") % {"count": MOST_FILES})
        return [super(ManyFiles, self).clean(one, initial) for one in files]


class _ManyInput(forms.FileInput):
    allow_multiple_selected = True


def is_past(day: datetime.date, time: datetime.time | None = None) -> bool:
    """Whether a day is over: a date without a time is the company's, one with a time the writer's."""
    return day < (company_today() if time is None else timezone.localdate())


def moment_of(day: datetime.date | None, time: datetime.time | None) -> tuple[datetime.datetime | None, bool]:
    """A date field and a time field as (moment, is a date only): times are the writer's, dates the company's."""
    if day is None:
        return None, True
    if time is None:
        return at_day(day), True
    return timezone.make_aware(datetime.datetime.combine(day, time)), False


class WhichCustomerForm(CrmForm):
    """With whom a follow-up was that is to be written down."""

    customer = forms.ModelChoiceField(label=_("Customer"), queryset=Customer.objects.all())


class ByRight(CrmForm):
    """A form on a follow-up: without the texts that the person's role may not write."""

    written: ClassVar = {name: name for name in TEXTS}  # each input with the field it fills

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, filled in self.written.items():
            if not may_edit(self.user, Activity, filled):
                self.fields.pop(name, None)

    def given(self, names: Iterable[str]) -> dict[str, Any]:
        """The cleaned values of those inputs that the form has."""
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}


class FollowUpForm(ByRight):
    """A follow-up with a customer: the composer, the quick row of a list, and what a done circle opens."""

    written: ClassVar = {**ByRight.written, "next_subject": "subject"}

    kind = forms.ChoiceField(label=_("Kind"), choices=ActivityKind.choices, initial=ActivityKind.NOTE)
    body = forms.CharField(label=_("What happened"), max_length=20_000, required=False, strip=True)
    subject = forms.CharField(label=_("Subject"), max_length=200, required=False)
    contact = forms.ModelChoiceField(label=_("Contact"), queryset=None, required=False)
    outcome = forms.ChoiceField(label=_("Outcome"), choices=[("", "–"), *Outcome.choices], required=False)
    next_date = forms.DateField(label=_("Next follow-up"), required=False)
    next_time = forms.TimeField(label=_("Time"), required=False)
    next_subject = forms.CharField(label=_("What is to be done"), max_length=200, required=False)
    no_next_reason = forms.CharField(label=_("Why there is no next step"), max_length=200, required=False)
    duration_minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=10_000, required=False)
    done_date = forms.DateField(label=_("On"), required=False)
    owner = forms.ModelChoiceField(label=_("For"), queryset=None, required=False)
    participants = forms.ModelMultipleChoiceField(
        label=_("Colleagues present"), queryset=None, required=False
    )
    files = ManyFiles(label=_("Files"), required=False)
    uploads = forms.ModelMultipleChoiceField(
        queryset=None,
        required=False,
        error_messages={
            "invalid_choice": _("A file of this draft is no longer there. Attach it again."),
            "invalid_pk_value": _("A file of this draft is no longer there. Attach it again."),
        },
    )

    def __init__(self, *args: Any, customer: Customer | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["uploads"].queryset = own_uploads(self.user)
        self.customer = customer
        self.fields["contact"].queryset = contacts_of(customer, self.user)
        self.fields["contact"].widget = forms.Select(choices=self.fields["contact"].choices)
        self.fields["owner"].queryset = people(self.user)
        self.fields["participants"].queryset = people(self.user).exclude(pk=self.user.pk)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("kind") == ActivityKind.TASK:
            if not data.get("body") and not data.get("subject"):
                self.add_error("body" if "body" in self.fields else None, _("Write what is to be done."))
            if not data.get("next_date") and "next_date" not in self.errors:
                self.add_error("next_date", _("Choose when it is due."))
        if data.get("done_date") and data["done_date"] > timezone.localdate():
            self.add_error("done_date", _("This lies in the future. Plan it instead."))
        return data

    def present(self) -> list[Any]:
        """The colleagues chosen so far: the others are looked up as one types."""
        chosen = [pk for pk in self.data.getlist("participants") if pk.isdecimal()] if self.is_bound else []
        return list(self.fields["participants"].queryset.filter(pk__in=chosen)) if chosen else []

    def uploaded(self) -> list[StoredFile]:
        """What was uploaded for this draft already, for a form that is shown once more."""
        chosen = [pk for pk in self.data.getlist("uploads") if pk.isdecimal()] if self.is_bound else []
        return list(self.fields["uploads"].queryset.filter(pk__in=chosen[:MOST_FILES])) if chosen else []

    @property
    def is_task(self) -> bool:
        return self.cleaned_data["kind"] == ActivityKind.TASK

    def next_step(self) -> NextStep:
        """What comes next, or why nothing does."""
        data = self.cleaned_data
        at, all_day = moment_of(data["next_date"], data["next_time"])
        subject = data.get("next_subject", "")
        return NextStep(at=at, all_day=all_day, subject=subject, reason=data["no_next_reason"])

    def done_at(self) -> datetime.datetime | None:
        """When it was, if not now: noon of an earlier day."""
        day = self.cleaned_data["done_date"]
        if day is None or day == timezone.localdate():
            return None
        return timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))

    def log_values(self) -> dict[str, Any]:
        """What `log_follow_up` takes."""
        data = self.cleaned_data
        names = ("kind", "body", "subject", "contact", "outcome", "duration_minutes")
        return self.given(names) | {
            "participants": data["participants"] if data["kind"] in FACE_TO_FACE else (),
            "next_step": self.next_step(),
            "done_at": self.done_at(),
        }

    def task_values(self) -> dict[str, Any]:
        """What `plan_follow_up` takes: the first line is the subject."""
        data = self.cleaned_data
        named, text = data.get("subject", ""), data.get("body", "")
        subject, _newline, rest = text.partition("\n")
        if "subject" not in self.fields:
            subject, rest = "", text
        elif named or len(subject) > 200:
            subject, rest = named or subject[:200], text
        due_at, all_day = moment_of(data["next_date"], data["next_time"])
        return {
            "kind": ActivityKind.TASK,
            "subject": subject,
            "body": rest.strip(),
            "contact": data["contact"],
            "owner": data["owner"],
            "due_at": due_at,
            "all_day": all_day,
        }


class NewActivityForm(ByRight):
    """A new task or plan from anywhere: what, when, for whom, and with which customer if any."""

    subject = forms.CharField(label=_("What is to be done"), max_length=200)
    customer = forms.ModelChoiceField(label=_("Customer"), queryset=Customer.objects.all(), required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=ActivityKind.choices, initial=ActivityKind.TASK)
    date = forms.DateField(label=_("Due"), widget=forms.DateInput(attrs={"type": "date"}))
    time = forms.TimeField(
        label=_("Time"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}),
        help_text=_("Without a time you are reminded at 9:00."),
    )
    owner = forms.ModelChoiceField(
        label=_("For"), queryset=User.objects.filter(is_active=True), required=False
    )
    body = forms.CharField(
        label=_("Details"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("date") and is_past(data["date"], data.get("time")):
            self.add_error("date", _("This date lies in the past."))
        return data

    def plan_values(self) -> dict[str, Any]:
        """What `plan_follow_up` takes."""
        data = self.cleaned_data
        due_at, all_day = moment_of(data["date"], data["time"])
        names = ("subject", "customer", "kind", "owner", "body")
        return self.given(names) | {"due_at": due_at, "all_day": all_day}


class CompleteForm(FollowUpForm):
    """What came of a planned follow-up; the text may stay empty."""

    def __init__(self, *args: Any, activity: Activity, **kwargs: Any) -> None:
        super().__init__(*args, customer=activity.customer, **kwargs)
        self.fields["kind"].required = False
        for name in ("subject", "contact", "owner", "participants", "done_date"):
            self.fields.pop(name, None)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self.errors.pop("body", None)
        self.errors.pop("next_date", None) if not self.data.get("next_date") else None
        return data

    def complete_values(self) -> dict[str, Any]:
        """What `complete` takes."""
        return self.given(("kind", "body", "outcome", "duration_minutes")) | {"next_step": self.next_step()}


class MoveForm(CrmForm):
    """Another time for a planned follow-up: one of the usual choices, or a date with or without a time."""

    choice = forms.ChoiceField(
        choices=[
            ("", "–"),
            (LATER_TODAY, _("Today")),
            (TOMORROW, _("Tomorrow")),
            (NEXT_MONDAY, _("Next Monday")),
        ],
        required=False,
    )
    date = forms.DateField(label=_("Date"), required=False)
    time = forms.TimeField(label=_("Time"), required=False)
    version = forms.IntegerField(required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("choice") and not data.get("date") and "date" not in self.errors:
            self.add_error("date", _("Choose a date."))
        elif data.get("date") and is_past(data["date"], data.get("time")):
            self.add_error("date", _("This date lies in the past."))
        return data

    def moment(self) -> tuple[datetime.datetime, bool]:
        """(when, is a date only)."""
        if self.cleaned_data["choice"]:
            return put_off(self.cleaned_data["choice"], timezone.now(), business_calendar()), False
        at, all_day = moment_of(self.cleaned_data["date"], self.cleaned_data["time"])
        assert at is not None  # clean() asked for a date
        return at, all_day


class BackForm(CrmForm):
    """Where an undone move goes back to."""

    due_at = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"])
    all_day = forms.BooleanField(required=False)


class EditForm(ByRight):
    """One's own follow-up corrected."""

    kind = forms.ChoiceField(label=_("Kind"), choices=ActivityKind.choices)
    subject = forms.CharField(label=_("Subject"), max_length=200, required=False)
    body = forms.CharField(
        label=_("Text"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    contact = forms.ModelChoiceField(label=_("Contact"), queryset=None, required=False)
    outcome = forms.ChoiceField(label=_("Outcome"), choices=[("", "–"), *Outcome.choices], required=False)
    duration_minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=10_000, required=False)
    participants = forms.ModelMultipleChoiceField(
        label=_("Colleagues present"), queryset=None, required=False
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, activity: Activity, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {n: getattr(activity, n) for n in self.base_fields})
        kwargs["initial"]["participants"] = list(activity.participants.all())
        super().__init__(*args, **kwargs)
        if activity.kind in FACE_TO_FACE:
            self.fields["participants"].queryset = people(self.user).exclude(pk=activity.author_id)
        else:
            del self.fields["participants"]
        self.fields["contact"].queryset = contacts_of(activity.customer, self.user)
        self.fields["contact"].widget = forms.Select(choices=self.fields["contact"].choices)

    @property
    def expected_version(self) -> int | None:
        return self.cleaned_data.get("version")

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class PlanForm(ByRight):
    """The same follow-up planned with many customers at once."""

    date = forms.DateField(label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}))
    kind = forms.ChoiceField(label=_("Kind"), choices=ActivityKind.choices, initial=ActivityKind.CALL)
    subject = forms.CharField(label=_("What is to be done"), max_length=200, required=False)

    def clean_date(self) -> datetime.date:
        if is_past(self.cleaned_data["date"]):
            raise forms.ValidationError(_("This date lies in the past."))
        return self.cleaned_data["date"]
