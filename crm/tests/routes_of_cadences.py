"""The routes of cadences and of mail that comes in and ends: a part of the table of every route."""

from crm.tests.routing import Route, change, listing, page, resource
from crm.tests.world import ADMIN, MANAGERS, SALES

CADENCE_READERS = frozenset(SALES | {"exec", "marketing1"})
ENROLMENT_READERS = frozenset(SALES | {"exec"})
STEPS = "takes two ids: test_cadence_pages"
CADENCES = {
    "opt_out": Route(public=True, elsewhere="by the token in the mail: test_inbox"),
    **listing("cadence", CADENCE_READERS),
    **{f"cadence_{what}": page("cadence", CADENCE_READERS) for what in ("detail", "position", "why")},
    "cadence_panel": page("cadence", CADENCE_READERS, kwargs={"slot": "right", "key": "none"}),
    "cadence_create": Route(MANAGERS),
    "cadence_field": page("cadence", MANAGERS, kwargs={"name": "description"}),
    "cadence_field_undo": Route(elsewhere="only after an edit of one's own: test_field_undo"),
    **{f"cadence_{what}": page("cadence", MANAGERS) for what in ("edit", "delete", "step_create")},
    **{
        f"cadence_step_{what}": Route(elsewhere=STEPS)
        for what in ("edit", "move", "delete", "words", "words_drop")
    },
    **listing("enrolment", ENROLMENT_READERS),
    **{f"enrolment_{what}": change("enrolment") for what in ("pause", "resume", "stop")},
    "next_actions": Route(SALES),
    "next_action_snooze": Route(elsewhere="only what is recommended to the person: test_next_actions"),
    "next_action_plan": Route(elsewhere="only what is recommended to the person: test_next_actions"),
    "contact_enrol": page("contact", SALES, reading=False),
    "contact_allow_mail": change("contact", ADMIN),
    "lead_allow_mail": change("lead", ADMIN | {"marketing1"}),
    "lead_enrol": page("lead", SALES, reading=False),
    **resource("suppressions", ADMIN | {"marketing1"}, "suppression"),
    **resource("cadences", CADENCE_READERS, "cadence"),
    **resource("enrolments", ENROLMENT_READERS, "enrolment"),
    **{f"api-enrolments-{what}": change("enrolment") for what in ("pause", "resume", "stop")},
}
