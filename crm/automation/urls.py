"""The bell and its preferences."""

from django.urls import path

from crm.automation import views

urlpatterns = [
    path("notifications/", views.notification_list, name="notification_list"),
    path("notifications/read/", views.notification_read, name="notification_read"),
    path("notifications/<int:pk>/open/", views.notification_open, name="notification_open"),
    path("settings/notifications/", views.notification_preferences, name="notification_preferences"),
]
