"""Routes of follow-ups, the timeline and Today."""

from django.urls import path

from accounts.activity_listing import ACTIVITIES
from accounts.views import activities, timeline, today

urlpatterns = [
    path("", today.today, name="today"),
    path("customers/<int:pk>/timeline/", timeline.customer_timeline, name="customer_timeline"),
    path("customers/<int:pk>/follow-up/", timeline.customer_follow_up, name="customer_follow_up"),
    path("customers/<int:pk>/mentions/", timeline.customer_mentions, name="customer_mentions"),
    path("customers/<int:pk>/share-mentioned/", timeline.share_mentioned, name="customer_share_mentioned"),
    path("people/suggest/", timeline.people_suggest, name="people_suggest"),
    path("activities/write/", timeline.follow_up_write, name="follow_up_write"),
    path("activities/new/", activities.activity_create, name="activity_create"),
    *ACTIVITIES.urls("activities"),
    path("activities/<int:pk>/", activities.activity_detail, name="activity_detail"),
    path("activities/<int:pk>/complete/", activities.activity_complete, name="activity_complete"),
    path("activities/<int:pk>/move/", activities.activity_move, name="activity_move"),
    path("activities/<int:pk>/move-back/", activities.activity_move_back, name="activity_move_back"),
    path("activities/<int:pk>/undo/", activities.activity_undo, name="activity_undo"),
    path("activities/<int:pk>/cancel/", activities.activity_cancel, name="activity_cancel"),
    path("activities/<int:pk>/pin/", activities.activity_pin, name="activity_pin"),
    path("activities/<int:pk>/edit/", activities.activity_edit, name="activity_edit"),
    path("activities/<int:pk>/delete/", activities.activity_delete, name="activity_delete"),
    path("activities/<int:pk>/restore/", activities.activity_restore, name="activity_restore"),
]
