from crm.identity.models.api_token import ApiToken
from crm.identity.models.company import Company
from crm.identity.models.cover import Cover
from crm.identity.models.field_right import FieldLevel, FieldRight
from crm.identity.models.grant import TeamGroupGrant, TeamUserGrant
from crm.identity.models.hand_over import HandOver, HandOverItem
from crm.identity.models.role import Role, RolePolicy, Scope
from crm.identity.models.team import Team
from crm.identity.models.user import User
from crm.identity.models.user_session import UserSession

__all__ = [
    "ApiToken",
    "Company",
    "Cover",
    "FieldLevel",
    "FieldRight",
    "HandOver",
    "HandOverItem",
    "Role",
    "RolePolicy",
    "Scope",
    "Team",
    "TeamGroupGrant",
    "TeamUserGrant",
    "User",
    "UserSession",
]
