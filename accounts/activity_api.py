"""REST: follow-ups, and the timeline of a customer."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.activity_listing import ACTIVITIES
from accounts.models import Activity, ActivityKind, Contact, Customer, Outcome
from accounts.models.followed import Followed, followed_models
from accounts.queries import timeline as timelines
from accounts.queries.activities import may_write_for
from crm.core.writes import RuleBroken, check_version
from crm.identity.access import authorize, visible
from crm.identity.models import User
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import Creates, Deletes, RecordViewSet, Updates
from crm.listing.selection import BadQuery

TEXTS = ("kind", "subject", "body", "contact", "outcome", "duration_minutes", "started_at")


class AboutField(VisibleRelatedField):
    """The record of one kind that a follow-up is about beside its customer; nothing where it is about none the caller sees."""

    def __init__(self, model: type[Followed] | None = None, **kwargs: Any) -> None:
        self.model = model
        super().__init__(**kwargs)

    def get_attribute(self, instance: Activity) -> Activity:
        return instance

    def to_representation(self, activity: Activity) -> int | None:
        kind = ContentType.objects.get_for_model(self.model)
        if activity.record_id is None or activity.record_type_id != kind.pk:
            return None
        return activity.record_id if activity.record_id in self._seen(kind, activity) else None

    def _seen(self, kind: ContentType, activity: Activity) -> set[int]:
        """Of the records the whole answer is about those the caller sees: one query a kind."""
        known = self.context.setdefault("seen", {})
        if activity.record_id not in known.setdefault(kind.pk, {}):
            listed = getattr(self.root, "instance", None)
            rows = listed if isinstance(listed, list) else [activity]
            asked = {row.record_id for row in (*rows, activity) if row.record_type_id == kind.pk}
            user = self.context["request"].user
            seen = set(visible(self.model, user).filter(pk__in=asked).values_list("pk", flat=True))
            known[kind.pk] |= {pk: pk in seen for pk in asked}
        return {pk for pk, is_seen in known[kind.pk].items() if is_seen}


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
        extra_kwargs = {"external_id": {"validators": []}}

    def get_fields(self) -> dict[str, serializers.Field]:
        found = super().get_fields()
        for name, model in about_names().items():
            found[name] = AboutField(
                model, queryset=model._default_manager.all(), required=False, allow_null=True
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
        check_version(record, expected)
        for fixed in ("customer", "owner", "external_id"):
            if fixed in values and getattr(record, fixed) != values.pop(fixed):
                raise RuleBroken(_("This cannot be changed."), field=fixed)
        for name, model in about_names().items():
            if name in values and values.pop(name) != (
                record.record if isinstance(record.record, model) else None
            ):
                raise RuleBroken(_("This cannot be changed."), field=name)
        closing = record.is_open and (values.pop("done", False) or values.get("done_at"))
        if record.is_open and not closing and values.get("due_at", record.due_at) != record.due_at:
            if values["due_at"] is None:
                raise RuleBroken(_("Choose a date."), field="due_at")
            record = services.reschedule(
                record,
                due_at=values["due_at"],
                all_day=values.get("all_day", False),
                actor=self.actor,
            )
        texts = {n: values[n] for n in TEXTS if n in values and values[n] != getattr(record, n)}
        if "participants" in values and set(values["participants"]) != set(record.participants.all()):
            texts["participants"] = values["participants"]
        if closing:
            done_at = values.get("done_at")
            names = ("body", "kind", "outcome", "duration_minutes")
            return services.complete(
                record,
                actor=self.actor,
                author=self.request.user,
                done_at=done_at,
                next_step=_next_step(values),
                **{n: texts[n] for n in names if n in texts},
            ).activity
        if not texts:
            return record
        authorize(self.request.user, "correct", record)
        return services.update_activity(record, actor=self.actor, **texts)

    def delete_record(self, record: Activity, expected: int | None) -> None:
        services.delete_activity(record, actor=self.actor, expected=expected)


def _next_step(values: dict[str, Any]) -> services.NextStep | None:
    at, reason = values.get("next_follow_up_at"), values.get("no_next_reason", "")
    return services.NextStep(at=at, all_day=False, reason=reason) if at or reason else None


class TimelineItemSerializer(serializers.Serializer):
    """One line of a customer's timeline: a follow-up, or something that happened to the customer."""

    type = serializers.ChoiceField(choices=["activity", "event"])
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    name = serializers.CharField(help_text=str(gettext_lazy("The kind of follow-up, or the event's name.")))
    title = serializers.CharField()
    body = serializers.CharField()
    actor = serializers.CharField()
    pinned = serializers.BooleanField()


def timeline_items(page: timelines.Page) -> list[dict[str, Any]]:
    """The items of a page as the API shows them."""
    found = []
    for item in page.items:
        if item.activity is not None:
            one = item.activity
            actor = one.author or one.owner
            row = {"name": one.kind, "title": one.headline, "body": one.body, "actor": str(actor or "")}
            found.append(
                {"type": "activity", "id": one.pk, "at": item.at, "pinned": bool(one.pinned_at), **row}
            )
        elif item.event is not None:
            event = item.event
            row = {"name": event.name, "title": event.title, "body": "", "actor": event.who}
            found.append({"type": "event", "id": event.pk, "at": item.at, "pinned": False, **row})
    return found


class TimelineMixin:
    """The timeline action of the customers resource."""

    @extend_schema(responses=TimelineItemSerializer(many=True))
    @action(detail=True, methods=["get"])
    def timeline(self, request: Request, pk: str) -> Response:
        """Everything that happened with the customer, as far as the caller may see it, newest first."""
        customer = self.record()  # type: ignore[attr-defined]
        query = request.query_params
        if unknown := set(query) - {"kind", "text", "cursor", "page_size", "format"}:
            raise BadQuery({name: [_("Unknown parameter.")] for name in unknown})
        kind, size = query.get("kind", ""), query.get("page_size", "20")
        if kind and kind not in (*ActivityKind.values, timelines.SYSTEM):
            raise BadQuery({"kind": [_("Choose one of the values offered.")]})
        if not size.isdecimal() or not 1 <= int(size[:6]) <= 200:
            raise BadQuery({"page_size": [_("At most 200.")]})
        try:
            page = timelines.timeline(
                request.user,
                customer,
                kind=kind,
                text=query.get("text", "").replace("\x00", "")[:100],
                cursor=query.get("cursor", ""),
                limit=int(size),
            )
        except (timelines.BadCursor, OverflowError) as error:
            raise BadQuery({"cursor": [_("Unknown cursor.")]}) from error
        following = None
        if page.next:
            parameters = query.copy()
            parameters["cursor"] = page.next
            following = request.build_absolute_uri(f"{request.path}?{parameters.urlencode()}")
        return Response({"next": following, "previous": None, "results": timeline_items(page)})
