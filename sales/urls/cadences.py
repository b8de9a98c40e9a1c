"""The pages of cadences and of those who are taken through them, and the recommended next steps."""

from django.urls import path

from sales.listings.cadences import CADENCES, ENROLMENTS
from sales.pages.cadences import CADENCE_PAGE
from sales.views import cadences, next_actions

STEP = "cadences/<int:pk>/steps/<int:step>/"

urlpatterns = [
    path("cadences/new/", cadences.cadence_create, name="cadence_create"),
    path("cadences/<int:pk>/steps/new/", cadences.step_create, name="cadence_step_create"),
    path(STEP, cadences.step_edit, name="cadence_step_edit"),
    path(f"{STEP}move/", cadences.step_move, name="cadence_step_move"),
    path(f"{STEP}delete/", cadences.step_delete, name="cadence_step_delete"),
    path(f"{STEP}words/", cadences.step_words, name="cadence_step_words"),
    path(f"{STEP}words/drop/", cadences.step_words_drop, name="cadence_step_words_drop"),
    path("contacts/<int:pk>/cadence/", cadences.contact_enrol, name="contact_enrol"),
    path("leads/<int:pk>/cadence/", cadences.lead_enrol, name="lead_enrol"),
    path("contacts/<int:pk>/allow-mail/", cadences.contact_allow_mail, name="contact_allow_mail"),
    path("leads/<int:pk>/allow-mail/", cadences.lead_allow_mail, name="lead_allow_mail"),
    path("enrolments/<int:pk>/pause/", cadences.enrolment_pause, name="enrolment_pause"),
    path("enrolments/<int:pk>/resume/", cadences.enrolment_resume, name="enrolment_resume"),
    path("enrolments/<int:pk>/stop/", cadences.enrolment_stop, name="enrolment_stop"),
    path("next-actions/", next_actions.next_actions, name="next_actions"),
    path("next-actions/snooze/", next_actions.next_action_snooze, name="next_action_snooze"),
    path("next-actions/plan/", next_actions.next_action_plan, name="next_action_plan"),
    *ENROLMENTS.urls("enrolments"),
    *CADENCE_PAGE.urls("cadences"),
    *CADENCES.urls("cadences"),
]
