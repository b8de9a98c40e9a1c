"""REST: follow-ups, over the same list, rights and services as their pages."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from accounts import services
from accounts.activity_listing import ACTIVITIES
from accounts.models import Activity, ActivityKind, Contact, Customer, Outcome
from accounts.models.followed import Followed, followed_models
from accounts.queries.activities import content_type_of, may_write_for
from crm.core.writes import RuleBroken
from crm.identity.access import authorize, visible
from crm.identity.models import User
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import Creates, Deletes, RecordViewSet, Updates

TEXTS = ("kind", "subject", "body", "contact", "outcome", "duration_minutes", "started_at")
SAID_WHEN_DONE = ("body", "kind", "outcome", "duration_minutes")


class AboutField(VisibleRelatedField):
    """The record of one kind that a follow-up is about beside its customer; nothing where it is about none the caller sees."""

    def __init__(self, model: type[Followed] | None = None, **kwargs: Any) -> None:
        self.model = model
        super().__init__(**kwargs)

    def get_queryset(self) -> QuerySet | None:
        user = getattr(self.context.get("request"), "user", None)
        return visible(self.model, user) if self.model and isinstance(user, User) else None

    def get_attribute(self, instance: Activity) -> Activity:
        return instance

    def to_representation(self, activity: Activity) -> int | None:
        kind = content_type_of(self.model)
        if activity.record_id is None or activity.record_type_id != kind:
            return None
        return activity.record_id if self._seen(kind, activity) else None

    def _seen(self, kind: int, activity: Activity) -> bool:
        """Whether the caller sees what a follow-up is about; asked for the whole answer with one query a kind."""
        known: dict[int, bool] = self.context.setdefault("seen", {}).setdefault(kind, {})
        if activity.record_id not in known:
            listed = getattr(self.root, "instance", None)
            rows = listed if isinstance(listed, list) else [activity]
            asked = {row.record_id for row in (*rows, activity) if row.record_type_id == kind}
            rows_seen = visible(self.model, self.context["request"].user).filter(pk__in=asked)
            seen = set(rows_seen.values_list("pk", flat=True))
            known |= {pk: pk in seen for pk in asked}
        return known[activity.record_id]


def about_names() -> dict[str, type[Followed]]:
    """What a follow-up can be about beside its customer, by the name of its field."""
    return {model._meta.model_name or "": model for model in followed_models()}


class ActivitySerializer(RecordSerializer):
    """A follow-up: with `due_at` alone planned, with `done_at` (or neither) done.

    Beside its customer it can be about one record more, such as a lead or an opportunity.
    """

    body = serializers.CharField(
        max_length=20_000,
        required=False,
        allow_blank=True,
        default="",
        help_text=str(
            gettext_lazy(
                "`@` and a colleague's name or user name mentions them: whoever may read the record is told."
            )
        ),
    )
    mentions = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text=str(gettext_lazy("The names in subject and text that were recognised as mentions.")),
    )
    contact = VisibleRelatedField(queryset=Contact.objects.all(), required=False, allow_null=True)
    customer = VisibleRelatedField(queryset=Customer.objects.all(), required=False, allow_null=True)
    owner = VisibleRelatedField(queryset=User.objects.filter(is_active=True), required=False)
    participants = VisibleRelatedField(
        queryset=User.objects.filter(is_active=True), many=True, required=False
    )
    kind = serializers.ChoiceField(choices=ActivityKind.choices)
    outcome = serializers.ChoiceField(choices=Outcome.choices, required=False, allow_blank=True)
    done = serializers.BooleanField(write_only=True, required=False)

    class Meta:
        model = Activity
        fields = [
            "id",
            "kind",
            "subject",
            "body",
            "mentions",
            "customer",
            "contact",
            "owner",
            "author",
            "participants",
            "due_at",
            "all_day",
            "done_at",
            "done",
            "outcome",
            "next_follow_up_at",
            "no_next_reason",
            "duration_minutes",
            "started_at",
            "postponed",
            "is_valid",
            "cancelled_at",
            "external_id",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["author", "postponed", "is_valid", "cancelled_at"]
        fixed = ("customer", "owner", "external_id")
        extra_kwargs = {"external_id": {"validators": []}}

    def get_fields(self) -> dict[str, serializers.Field]:
        found = super().get_fields()
        for name, model in about_names().items():
            found[name] = AboutField(
                model, queryset=model._default_manager.none(), required=False, allow_null=True
            )
        return found

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = [name for name in about_names() if attrs.get(name) is not None]
        if len(named) > 1:
            raise serializers.ValidationError({named[1]: [_("A follow-up is about one record.")]})
        return attrs


class ActivityViewSet(Creates, Updates, Deletes, RecordViewSet):
    """Follow-ups. Completed calls, visits and meetings need no next date here; forms ask for it."""

    listing = ACTIVITIES
    serializer_class = ActivitySerializer
    prefetch = ("participants",)

    def create_record(self, values: dict[str, Any]) -> Activity:
        user, owner = self.request.user, values.pop("owner", None) or self.request.user
        done = values.pop("done", None)
        about = [one for name in about_names() if (one := values.pop(name, None)) is not None]
        shared = {
            name: values.pop(name) for name in ("customer", "contact", "kind", "subject") if name in values
        }
        shared |= {"actor": self.actor, "author": user, "owner": owner}
        shared |= {"body": values.pop("body", ""), "external_id": values.pop("external_id", "")}
        shared |= {"record": about[0]} if about else {}
        planned = (values.get("due_at") or shared["kind"] == ActivityKind.TASK) and not values.get("done_at")
        if planned and not done:
            return services.plan_follow_up(
                participants=values.get("participants", ()),
                due_at=values.get("due_at"),
                all_day=values.get("all_day", False),
                **shared,
            )
        if not may_write_for(user, owner):
            raise RuleBroken(_("You may only write follow-ups of your own or of your team."), field="owner")
        names = ("outcome", "done_at", "duration_minutes", "started_at", "participants")
        shared |= {name: values[name] for name in names if values.get(name) is not None}
        return services.log_follow_up(next_step=_next_step(values), **shared).activity

    def update_record(self, record: Activity, values: dict[str, Any], expected: int | None) -> Activity:
        for name, model in about_names().items():
            present = record.record if isinstance(record.record, model) else None
            if name in values and values.pop(name) != present:
                raise RuleBroken(_("This never changes."), field=name)
        done = values.pop("done", None)
        closing = record.is_open and bool(done or values.get("done_at"))
        if done is False and not record.is_open:
            raise RuleBroken(_("This is done already."), field="done")
        for name in _settled(record, closing):
            if name in values and values[name] != getattr(record, name):
                raise RuleBroken(_("This cannot be changed."), field=name)
        due_at, all_day = values.get("due_at", record.due_at), values.get("all_day", record.all_day)
        if record.is_open and (due_at, all_day) != (record.due_at, record.all_day):
            if due_at is None:
                raise RuleBroken(_("Choose a date."), field="due_at")
            record = services.reschedule(
                record, due_at=due_at, all_day=all_day, actor=self.actor, expected=expected
            )
            expected = None  # it is locked by now
        texts = {n: values[n] for n in TEXTS if n in values and values[n] != getattr(record, n)}
        if "participants" in values and set(values["participants"]) != set(record.participants.all()):
            texts["participants"] = values["participants"]
        said = {n: texts.pop(n) for n in SAID_WHEN_DONE if n in texts} if closing else {}
        if texts:
            authorize(self.request.user, "correct", record)
            record = services.update_activity(record, actor=self.actor, expected=expected, **texts)
            expected = None
        if closing:
            return services.complete(
                record,
                actor=self.actor,
                author=self.request.user,
                done_at=values.get("done_at"),
                next_step=_next_step(values),
                expected=expected,
                **said,
            ).activity
        return record

    def delete_record(self, record: Activity, expected: int | None) -> None:
        services.delete_activity(record, actor=self.actor, expected=expected)


def _settled(record: Activity, closing: bool) -> tuple[str, ...]:
    """What a follow-up does not take any more, or not yet: the next step comes with its being done."""
    when, following = ("due_at", "all_day"), ("next_follow_up_at", "no_next_reason")
    if closing:
        return when
    return following if record.is_open else (*when, "done_at", *following)


def _next_step(values: dict[str, Any]) -> services.NextStep | None:
    at, reason = values.get("next_follow_up_at"), values.get("no_next_reason", "")
    return services.NextStep(at=at, all_day=False, reason=reason) if at or reason else None


ROUTES = [("activities", ActivityViewSet)]
