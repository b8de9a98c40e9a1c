"""What happens to people, teams and rights, and how the timeline says it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.events.catalogue import event
from crm.events.models import Event


def _transferred(e: Event) -> str:
    names = {"old": e.payload.get("from") or _("nobody"), "new": e.payload.get("to") or _("nobody")}
    return _("Transferred from %(old)s to %(new)s") % names


def _claimed(e: Event) -> str:
    return _("%(new)s claimed it from the pool %(pool)s") % {
        "new": e.payload.get("to", ""),
        "pool": e.payload.get("pool", ""),
    }


def _pooled(e: Event) -> str:
    return _("Went from %(old)s to the pool %(pool)s") % {
        "old": e.payload.get("from") or _("nobody"),
        "pool": e.payload.get("pool", ""),
    }


def _team_changed(e: Event) -> str:
    return _("Moved to the team %(team)s") % {"team": e.payload.get("to") or _("nobody")}


def _shared(e: Event) -> str:
    if e.payload.get("level") == "edit":
        return _("Shared with %(who)s, who may edit") % {"who": e.payload.get("with")}
    return _("Shared with %(who)s, who may read") % {"who": e.payload.get("with")}


def _unshared(e: Event) -> str:
    return _("No longer shared with %(who)s") % {"who": e.payload.get("with")}


USER_CREATED = event("user.created", gettext_lazy("User created"), timeline=False)
USER_UPDATED = event("user.updated", gettext_lazy("User changed"), timeline=False)
USER_DEACTIVATED = event("user.deactivated", gettext_lazy("User deactivated"), timeline=False)
USER_REACTIVATED = event("user.reactivated", gettext_lazy("User reactivated"), timeline=False)
USER_PASSWORD_CHANGED = event("user.password_changed", gettext_lazy("Password changed"), timeline=False)
USER_SIGNED_IN = event("user.signed_in", gettext_lazy("Signed in"), timeline=False)
USER_SIGN_IN_FAILED = event("user.sign_in_failed", gettext_lazy("Sign-in failed"), timeline=False)
COVER_SET = event("user.cover_set", gettext_lazy("Temporary cover arranged"), timeline=False)
COVER_ENDED = event("user.cover_ended", gettext_lazy("Temporary cover ended"), timeline=False)
USER_HANDED_OVER = event("user.handed_over", gettext_lazy("Handed over"), timeline=False)
USER_SECOND_FACTOR_ADDED = event(
    "user.second_factor_added", gettext_lazy("Second factor set up"), timeline=False
)
USER_SECOND_FACTOR_REMOVED = event(
    "user.second_factor_removed", gettext_lazy("Second factor removed"), timeline=False
)
USER_SESSIONS_ENDED = event("user.sessions_ended", gettext_lazy("Signed out on devices"), timeline=False)
TEAM_CREATED = event("team.created", gettext_lazy("Team created"), timeline=False)
TEAM_UPDATED = event("team.updated", gettext_lazy("Team changed"), timeline=False)
TEAM_DELETED = event("team.deleted", gettext_lazy("Team deleted"), timeline=False)
ROLE_CREATED = event("role.created", gettext_lazy("Role created"), timeline=False)
ROLE_DELETED = event("role.deleted", gettext_lazy("Role deleted"), timeline=False)
ROLE_UPDATED = event("role.updated", gettext_lazy("Role changed"), timeline=False)
TEAM_ACCESS_GRANTED = event(
    "team.access_granted", gettext_lazy("Access to a team's records given"), timeline=False
)
TEAM_ACCESS_WITHDRAWN = event(
    "team.access_withdrawn", gettext_lazy("Access to a team's records withdrawn"), timeline=False
)
POOL_MEMBERS_CHANGED = event(
    "pool.members_changed", gettext_lazy("Members of a pool changed"), timeline=False
)
FIELD_REVEALED = event("field.revealed", gettext_lazy("Masked value shown"), timeline=False)
COMPANY_UPDATED = event("company.updated", gettext_lazy("Company details changed"), timeline=False)
TOKEN_CREATED = event("token.created", gettext_lazy("API token created"), timeline=False)
TOKEN_REVOKED = event("token.revoked", gettext_lazy("API token revoked"), timeline=False)
RECORD_TRANSFERRED = event("record.transferred", gettext_lazy("Transferred"), sentence=_transferred)
RECORD_TEAM_CHANGED = event(
    "record.team_changed", gettext_lazy("Moved to another team"), sentence=_team_changed
)
RECORD_SHARED = event("record.shared", gettext_lazy("Shared"), sentence=_shared)
RECORD_UNSHARED = event("record.unshared", gettext_lazy("No longer shared"), sentence=_unshared)
RECORD_CLAIMED = event("pool.claimed", gettext_lazy("Claimed from a pool"), sentence=_claimed)
RECORD_RETURNED = event("pool.returned", gettext_lazy("Given back to a pool"), sentence=_pooled)
RECORD_RECYCLED = event("pool.recycled", gettext_lazy("Recycled to a pool"), sentence=_pooled)
# Every change of owner: whoever asks who had a record before reads these.
OWNER_CHANGES = (RECORD_TRANSFERRED, RECORD_CLAIMED, RECORD_RETURNED, RECORD_RECYCLED)
