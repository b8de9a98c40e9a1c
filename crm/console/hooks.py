"""What the console contributes: the lists of people, teams and events, and the first steps of an installation."""

from crm.approvals.queries import waiting_count
from crm.console.approval_listing import APPROVALS
from crm.console.import_listing import IMPORTS
from crm.console.listings import EVENTS, TEAMS, USERS
from crm.console.queries import first_run, welcome
from crm.core.hooks import Panel, hooks
from crm.identity.models import User

for listing in (USERS, TEAMS, EVENTS, IMPORTS, APPROVALS):
    hooks.add_list_page(listing.key, listing)

first_run.add_step("company", first_run.name_the_company, 10)
first_run.add_step("people", first_run.bring_in_people, 20)
first_run.add_step("calendar", first_run.check_the_calendar, 40)
first_run.add_step("signed-in", first_run.let_people_sign_in, 50)

welcome.add_own_step("reach", welcome.say_how_to_reach, 10)
welcome.add_own_step("view", welcome.pin_a_view, 40)


def _waiting(user: User) -> dict[str, int]:
    """The number beside "Approvals"."""
    return {"count": waiting_count(user)}


hooks.add_panel(Panel("nav", "approvals", "", _waiting))
