from django.urls import path

from crm.listing import jobs, pinned, search

urlpatterns = [
    path("search/", search.search_page, name="search"),
    path("views/counts/", pinned.pinned_counts, name="pinned_counts"),
    path("views/order/", pinned.pinned_arrange, name="pinned_arrange"),
    path("jobs/<int:pk>/", jobs.job_detail, name="job_detail"),
    path("jobs/<int:pk>/stop/", jobs.job_stop, name="job_stop"),
    path("jobs/<int:pk>/undo/", jobs.job_undo, name="job_undo"),
]
