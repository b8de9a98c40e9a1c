"""Every write to people, teams, roles, ownership, shares and tokens."""

from crm.identity.services.assignment import assign
from crm.identity.services.roles import save_policies, sync_role, sync_roles, sync_team_grants
from crm.identity.services.sharing import remove_expired_grants, share, unshare
from crm.identity.services.teams import create_team, delete_team, update_team
from crm.identity.services.tokens import create_token, revoke_token, user_of_token
from crm.identity.services.users import (
    change_preferences,
    create_user,
    deactivate_user,
    reactivate_user,
    set_password,
    update_user,
)

__all__ = [
    "assign",
    "change_preferences",
    "create_team",
    "create_token",
    "create_user",
    "deactivate_user",
    "delete_team",
    "reactivate_user",
    "remove_expired_grants",
    "revoke_token",
    "save_policies",
    "set_password",
    "share",
    "sync_role",
    "sync_roles",
    "sync_team_grants",
    "unshare",
    "update_team",
    "update_user",
    "user_of_token",
]
