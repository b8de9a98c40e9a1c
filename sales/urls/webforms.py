"""Public forms and their administration."""

from django.urls import path

from sales.views import webforms

urlpatterns = [
    path("f/<slug:slug>/", webforms.web_form, name="web_form"),
    path("f/<slug:slug>/thanks/", webforms.web_form_thanks, name="web_form_thanks"),
    path("f/<slug:slug>/embed.js", webforms.web_form_embed, name="web_form_embed"),
    path("settings/forms/", webforms.web_forms, name="web_forms"),
    path("settings/forms/new/", webforms.web_form_new, name="web_form_new"),
    path("settings/forms/<int:pk>/", webforms.web_form_edit, name="web_form_edit"),
]
