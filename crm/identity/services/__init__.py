"""Every write to people, teams, roles, ownership, shares and tokens."""

from crm.identity.services.assignment import assign, assign_each
from crm.identity.services.company import update_company
from crm.identity.services.covers import end_cover, set_cover
from crm.identity.services.field_rights import save_field_rights
from crm.identity.services.grants import grant_team_access, withdraw_team_access
from crm.identity.services.handover import (
    change_person,
    hand_over,
    hands_over,
    held_by,
    leave,
    plan_hand_over,
)
from crm.identity.services.pools import is_pool_member, pool_members, set_pool_members
from crm.identity.services.roles import (
    create_role,
    delete_role,
    save_policies,
    sync_role,
    sync_roles,
    sync_team_grants,
    update_role,
)
from crm.identity.services.sessions import (
    end_sessions,
    forget_session,
    note_session,
    tidy_sessions,
    touch_session,
)
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
    "assign_each",
    "change_person",
    "change_preferences",
    "create_role",
    "create_team",
    "create_token",
    "create_user",
    "deactivate_user",
    "delete_role",
    "delete_team",
    "end_cover",
    "end_sessions",
    "forget_session",
    "grant_team_access",
    "hand_over",
    "hands_over",
    "held_by",
    "is_pool_member",
    "leave",
    "note_session",
    "plan_hand_over",
    "pool_members",
    "reactivate_user",
    "remove_expired_grants",
    "revoke_token",
    "save_field_rights",
    "save_policies",
    "set_cover",
    "set_password",
    "set_pool_members",
    "share",
    "sync_role",
    "sync_roles",
    "sync_team_grants",
    "tidy_sessions",
    "touch_session",
    "unshare",
    "update_company",
    "update_role",
    "update_team",
    "update_user",
    "user_of_token",
    "withdraw_team_access",
]
