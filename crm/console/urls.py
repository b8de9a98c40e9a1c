"""The console's routes."""

from django.urls import path

from crm.console import import_urls
from crm.console.listings import EVENTS, TEAMS, USERS
from crm.console.views import me

urlpatterns = [
    path("settings/", me.profile, name="settings"),
    path("settings/sections/", me.section_search, name="settings_sections"),
    path("settings/password/", me.password, name="settings_password"),
    path("settings/display/", me.display, name="settings_display"),
    path("settings/preferences/", me.preferences, name="preferences"),
    path("settings/tokens/", me.tokens, name="settings_tokens"),
    path("settings/tokens/<int:pk>/revoke/", me.token_revoke, name="token_revoke"),
    *USERS.urls("settings/users"),
    *TEAMS.urls("settings/teams"),
    *EVENTS.urls("settings/events"),
    *import_urls.urlpatterns,
    path("i18n/setlang/", me.preferences, name="set_language"),
]
