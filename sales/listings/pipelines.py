"""Pipelines and stages as the API lists them; administrators edit them on a page of the settings."""

from django.utils.translation import gettext_lazy as _

from crm.listing.columns import Number, Text
from crm.listing.declare import ListPage
from crm.listing.filters import Filters, Records
from sales.models import Pipeline, Stage
from sales.queries.pipelines import pipeline_list, stage_list


class StageFilters(Filters):
    """What stages can be narrowed by."""

    pipeline = Records(model=Pipeline, label=_("Pipeline"))

    class Meta:
        model = Stage
        fields: list[str] = []


PIPELINES = ListPage(
    model=Pipeline,
    queryset=pipeline_list,
    title=_("Pipelines"),
    columns=[Text("name"), Number("position", sort=True)],
    default_sort="position",
)
STAGES = ListPage(
    model=Stage,
    queryset=stage_list,
    title=_("Stages"),
    columns=[Text("name"), Number("position", sort=True)],
    filters=StageFilters,
    default_sort="position",
)
