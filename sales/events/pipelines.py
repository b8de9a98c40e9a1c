"""What happens to pipelines and stages: for the audit log alone."""

from django.utils.translation import gettext_lazy

from crm.events.catalogue import event

PIPELINE_CREATED = event("pipeline.created", gettext_lazy("Pipeline created"), timeline=False)
PIPELINE_UPDATED = event("pipeline.updated", gettext_lazy("Pipeline changed"), timeline=False)
PIPELINE_DELETED = event("pipeline.deleted", gettext_lazy("Pipeline deleted"), timeline=False)
STAGE_CREATED = event("stage.created", gettext_lazy("Stage created"), timeline=False)
STAGE_UPDATED = event("stage.updated", gettext_lazy("Stage of a pipeline changed"), timeline=False)
STAGE_DELETED = event("stage.deleted", gettext_lazy("Stage deleted"), timeline=False)
