"""The console's routes."""

from django.urls import path

from crm.console import import_urls
from crm.console.listings import EVENTS, TEAMS, USERS
from crm.console.views import (
    company,
    fields,
    me,
    members,
    org_import,
    organisation,
    palette,
    reveal,
    roles,
)

urlpatterns = [
    path("settings/", me.profile, name="settings"),
    path("settings/sections/", me.section_search, name="settings_sections"),
    path("settings/password/", me.password, name="settings_password"),
    path("settings/display/", me.display, name="settings_display"),
    path("settings/preferences/", me.preferences, name="preferences"),
    path("settings/tokens/", me.tokens, name="settings_tokens"),
    path("settings/tokens/<int:pk>/revoke/", me.token_revoke, name="token_revoke"),
    path("settings/organisation/", organisation.organisation, name="organisation"),
    path("settings/organisation/template/", org_import.organisation_template, name="organisation_template"),
    path("settings/organisation/import/", org_import.organisation_import, name="organisation_import"),
    path(
        "settings/organisation/import/confirm/", org_import.organisation_confirm, name="organisation_confirm"
    ),
    path("settings/organisation/members/add/", members.member_add, name="member_add"),
    path("settings/organisation/members/<int:pk>/", organisation.member_save, name="member_save"),
    path(
        "settings/organisation/members/<int:pk>/preview/", organisation.member_preview, name="member_preview"
    ),
    path("settings/organisation/members/<int:pk>/password/", members.member_password, name="member_password"),
    path("settings/organisation/members/<int:pk>/move/", members.member_move, name="member_move"),
    path("settings/organisation/members/<int:pk>/leave/", members.member_leave, name="member_leave"),
    path("settings/organisation/members/<int:pk>/return/", members.member_return, name="member_return"),
    path("settings/organisation/members/<int:pk>/access/", organisation.access_add, name="access_add"),
    path(
        "settings/organisation/members/<int:pk>/access/<int:grant>/withdraw/",
        organisation.access_withdraw,
        name="access_withdraw",
    ),
    path("settings/organisation/teams/add/", members.team_add, name="team_add"),
    path("settings/organisation/teams/<int:pk>/", members.team_edit, name="team_edit"),
    path("settings/organisation/teams/<int:pk>/move/", members.team_move, name="team_move"),
    path("settings/organisation/teams/<int:pk>/delete/", members.team_delete, name="team_delete"),
    path("settings/start/", company.first_run, name="first_run"),
    path("reveal/<str:label>/<int:pk>/<str:name>/", reveal.field_reveal, name="field_reveal"),
    path("settings/roles/", roles.roles, name="roles"),
    path("settings/roles/add/", roles.role_add, name="role_add"),
    path("settings/roles/<slug:slug>/", roles.role_edit, name="role_edit"),
    path("settings/roles/<slug:slug>/delete/", roles.role_delete, name="role_delete"),
    path("settings/company/", company.company, name="company"),
    path("settings/calendar/", company.calendar, name="calendar"),
    path("settings/calendar/hours/", company.calendar_hours, name="calendar_hours"),
    path("settings/calendar/day/", company.calendar_day, name="calendar_day"),
    path("settings/calendar/import/", company.calendar_import, name="calendar_import"),
    path("settings/fields/", fields.fields, name="fields"),
    path("settings/fields/arrange/", fields.fields_arrange, name="fields_arrange"),
    path("settings/fields/add/", fields.field_edit, name="field_add"),
    path("settings/fields/<int:pk>/", fields.field_edit, name="field_edit"),
    path("settings/fields/<int:pk>/archive/", fields.field_archive, name="field_archive"),
    path("settings/fields/<int:pk>/restore/", fields.field_restore, name="field_restore"),
    path("settings/fields/sections/add/", fields.section_edit, name="section_add"),
    path("settings/fields/sections/<int:pk>/", fields.section_edit, name="section_edit"),
    path("settings/fields/sections/<int:pk>/delete/", fields.section_delete, name="section_delete"),
    path("settings/tags/", company.tags, name="tags"),
    path("settings/tags/add/", company.tag_edit, name="tag_add"),
    path("settings/tags/<int:pk>/", company.tag_edit, name="tag_edit"),
    path("settings/tags/<int:pk>/delete/", company.tag_delete, name="tag_delete"),
    *USERS.urls("settings/users"),
    *TEAMS.urls("settings/teams"),
    *EVENTS.urls("settings/events"),
    *import_urls.urlpatterns,
    path("recent/", me.recent_add, name="recent_add"),
    path("palette/", palette.palette, name="palette"),
    path("starred/", me.star_record, name="star_record"),
    path("i18n/setlang/", me.preferences, name="set_language"),
]
