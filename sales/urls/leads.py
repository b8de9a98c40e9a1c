"""The pages of leads."""

from django.urls import path

from sales.listings.leads import LEAD_BIN, LEADS
from sales.pages.leads import LEAD_PAGE
from sales.views import lead_settings, leads

urlpatterns = [
    path("settings/lead-conversion/", lead_settings.lead_conversion, name="lead_conversion"),
    path("settings/lead-score/", lead_settings.lead_score, name="lead_score"),
    path("leads/new/", leads.lead_create, name="lead_create"),
    path("leads/suggest/", leads.lead_suggest, name="lead_suggest"),
    path("leads/<int:pk>/timeline/", leads.lead_timeline, name="lead_timeline"),
    path("leads/<int:pk>/follow-up/", leads.lead_follow_up, name="lead_follow_up"),
    path("leads/<int:pk>/move/", leads.lead_move, name="lead_move"),
    path("leads/<int:pk>/disqualify/", leads.lead_disqualify, name="lead_disqualify"),
    path("leads/<int:pk>/convert/", leads.lead_convert, name="lead_convert"),
    path("leads/<int:pk>/unconvert/", leads.lead_unconvert, name="lead_unconvert"),
    *LEAD_PAGE.urls("leads"),
    *LEAD_BIN.urls("leads/bin"),
    *LEADS.urls("leads"),
]
