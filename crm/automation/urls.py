"""The bell, its preferences, and the robots of group chats."""

from django.urls import path

from crm.automation.views import bell, opting_out, preferences, robots

urlpatterns = [
    path("u/<str:token>/", opting_out.opt_out, name="opt_out"),
    path("notifications/", bell.notification_list, name="notification_list"),
    path("notifications/read/", bell.notification_read, name="notification_read"),
    path("notifications/<int:pk>/open/", bell.notification_open, name="notification_open"),
    path("notifications/unsubscribe/<str:token>/", preferences.unsubscribe, name="unsubscribe"),
    path("settings/notifications/", preferences.notification_preferences, name="notification_preferences"),
    path("settings/robots/", robots.robots, name="robots"),
    path("settings/robots/add/", robots.robot_edit, name="robot_add"),
    path("settings/robots/<int:pk>/", robots.robot_edit, name="robot_edit"),
    path("settings/robots/<int:pk>/try/", robots.robot_try, name="robot_try"),
    path("settings/robots/<int:pk>/delete/", robots.robot_delete, name="robot_delete"),
]
