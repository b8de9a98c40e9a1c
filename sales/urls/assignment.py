"""The pages by which administrators set up how leads are shared out, and pools with their rules."""

from django.urls import path

from sales.views import assignment, pool_settings

urlpatterns = [
    path("leads/<int:pk>/accept/", assignment.lead_accept, name="lead_accept"),
    path("settings/assignment/", assignment.assignment, name="assignment"),
    path("settings/assignment/try/", assignment.dry_run, name="assignment_try"),
    path("settings/assignment/rules/add/", assignment.rule_edit, name="assignment_rule_add"),
    path("settings/assignment/rules/<int:pk>/", assignment.rule_edit, name="assignment_rule_edit"),
    path("settings/assignment/rules/<int:pk>/move/", assignment.rule_move, name="assignment_rule_move"),
    path("settings/assignment/rules/<int:pk>/delete/", assignment.rule_delete, name="assignment_rule_delete"),
    path("settings/assignment/groups/add/", assignment.group_edit, name="assignment_group_add"),
    path("settings/assignment/groups/<int:pk>/", assignment.group_edit, name="assignment_group_edit"),
    path(
        "settings/assignment/groups/<int:pk>/delete/", assignment.group_delete, name="assignment_group_delete"
    ),
    path("settings/pools/", pool_settings.pools, name="pools"),
    path("settings/pools/add/", pool_settings.pool_edit, name="pools_add"),
    path("settings/pools/<int:pk>/", pool_settings.pool_edit, name="pools_edit"),
    path("settings/pools/<int:pk>/delete/", pool_settings.pool_delete, name="pools_delete"),
    path("settings/pools/<int:pk>/rules/add/", pool_settings.rule_add, name="pools_rule_add"),
    path("settings/pools/rules/<int:pk>/", pool_settings.rule_detail, name="pools_rule"),
    path("settings/pools/rules/<int:pk>/edit/", pool_settings.rule_edit, name="pools_rule_edit"),
    path("settings/pools/rules/<int:pk>/switch/", pool_settings.rule_switch, name="pools_rule_switch"),
    path("settings/pools/rules/<int:pk>/delete/", pool_settings.rule_delete, name="pools_rule_delete"),
]
