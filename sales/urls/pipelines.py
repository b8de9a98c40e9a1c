"""The settings of pipelines and stages."""

from django.urls import path

from sales.views import pipelines

urlpatterns = [
    path("settings/pipelines/", pipelines.pipelines, name="pipelines"),
    path("settings/pipelines/new/", pipelines.pipeline_add, name="pipeline_add"),
    path("settings/pipelines/<int:pk>/", pipelines.pipeline_edit, name="pipeline_edit"),
    path("settings/pipelines/<int:pk>/delete/", pipelines.pipeline_delete, name="pipeline_delete"),
    path("settings/pipelines/<int:pk>/stages/new/", pipelines.stage_add, name="stage_add"),
    path("settings/stages/<int:pk>/", pipelines.stage_edit, name="stage_edit"),
    path("settings/stages/<int:pk>/delete/", pipelines.stage_delete, name="stage_delete"),
    path("settings/stages/<int:pk>/place/", pipelines.stage_place, name="stage_place"),
]
