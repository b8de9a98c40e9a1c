"""REST: the pipelines opportunities go through, and their stages; everybody reads them, administrators change them."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from crm.identity.models import Team
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import Creates, Deletes, RecordViewSet, Updates
from sales.listings.pipelines import PIPELINES, STAGES
from sales.models import Pipeline, Stage
from sales.queries.pipelines import other_stages
from sales.services import pipelines as services


class PipelineSerializer(RecordSerializer):
    """A pipeline as the API speaks of it."""

    teams = VisibleRelatedField(queryset=Team.objects.all(), many=True, required=False)
    is_default = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)

    class Meta:
        model = Pipeline
        fields = ["id", "name", "name_en", "position", "is_default", "is_active", "teams"]
        read_only_fields = ["position"]


class StageSerializer(RecordSerializer):
    """A stage as the API speaks of it; `asks` names the fields needed to go on."""

    pipeline = VisibleRelatedField(queryset=Pipeline.objects.all())
    asks = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=40)

    class Meta:
        model = Stage
        fields = [
            "id", "pipeline", "name", "name_en", "position", "kind", "probability", "forecast_category", "asks",
            "rot_days", "needs_approval", "is_active",
        ]  # fmt: skip
        read_only_fields = ["position", "kind", "is_active"]


class PipelineViewSet(Creates, Updates, Deletes, RecordViewSet):
    """Pipelines: ways of selling."""

    listing = PIPELINES
    serializer_class = PipelineSerializer

    def create_record(self, values: dict[str, Any]) -> Pipeline:
        later = {name: values.pop(name) for name in ("is_default", "is_active") if name in values}
        made = services.create_pipeline(actor=self.actor, **values)
        return services.update_pipeline(made, actor=self.actor, **later) if later else made

    def update_record(self, record: Pipeline, values: dict[str, Any], expected: int | None) -> Pipeline:
        return services.update_pipeline(record, actor=self.actor, **values)

    def delete_record(self, record: Pipeline, expected: int | None) -> None:
        services.delete_pipeline(record, actor=self.actor)


class StageViewSet(Creates, Updates, Deletes, RecordViewSet):
    """Stages of pipelines."""

    listing = STAGES
    serializer_class = StageSerializer

    def create_record(self, values: dict[str, Any]) -> Stage:
        return services.create_stage(values.pop("pipeline"), actor=self.actor, **values)

    def update_record(self, record: Stage, values: dict[str, Any], expected: int | None) -> Stage:
        if "pipeline" in values and values.pop("pipeline").pk != record.pipeline_id:
            raise serializers.ValidationError({"pipeline": [_("A stage stays in its pipeline.")]})
        return services.update_stage(record, actor=self.actor, **values)

    def delete_record(self, record: Stage, expected: int | None) -> None:
        """The open deals of the stage go to the one that `to` names, in the address or the body."""
        wanted = str(self.request.query_params.get("to") or self.request.data.get("to") or "")
        named = wanted.isdecimal() and len(wanted) < 19
        to = other_stages(record).filter(pk=wanted).first() if named else None
        services.delete_stage(record, actor=self.actor, to=to)


ROUTES = [("pipelines", PipelineViewSet), ("stages", StageViewSet)]
