"""All routes, wired from the apps' own tables."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("auth/", include("allauth.urls")),
]
