"""The demo company's people: a director over two regions of sales, and the other desks."""

from django.contrib.auth.hashers import make_password

from crm.events.actor import Actor
from crm.identity.models import Role, Team, User
from crm.identity.services import create_team, create_user, update_company, update_role, update_team

COMPANY_NAME = "澄川智能装备"

# key, name, belongs to, region
TEAMS = [
    ("company", COMPANY_NAME, None, ""),
    ("sales", "销售中心", "company", ""),
    ("east", "华东大区", "sales", "310100"),
    ("south", "华南大区", "sales", "440300"),
    ("marketing", "市场部", "company", ""),
    ("service", "服务中心", "company", ""),
    ("finance", "财务部", "company", ""),
]
# user name, name, role, team, job title, leads the team
PEOPLE = [
    ("admin", "陆芸", "admin", "company", "系统管理员", False),
    ("exec", "沈国栋", "executive", "company", "总经理", True),
    ("director", "陆远航", "sales_manager", "sales", "销售总监", True),
    ("manager1", "周立诚", "sales_manager", "east", "华东大区经理", True),
    ("sales1", "林晓雯", "salesperson", "east", "销售", False),
    ("sales2", "周子涵", "salesperson", "east", "销售", False),
    ("manager2", "孙婧", "sales_manager", "south", "华南大区经理", True),
    ("sales3", "王建国", "salesperson", "south", "销售", False),
    ("sales4", "钱昊", "salesperson", "south", "销售", False),
    ("marketing1", "何宁", "marketing_manager", "marketing", "市场经理", True),
    ("marketing2", "田野", "marketing_member", "marketing", "市场专员", False),
    ("service1", "宋佳", "service_rep", "service", "客服", False),
    ("service2", "许悦", "service_rep", "service", "客服", False),
    ("servicemanager1", "范磊", "service_manager", "service", "客服经理", True),
    ("finance1", "郑可", "finance", "finance", "财务", True),
]


def create_people(password: str, actor: Actor) -> dict[str, User]:
    """Create the teams and the people who work in them; returns the people by user name."""
    for role in Role._base_manager.filter(needs_second_factor=True):
        update_role(role, needs_second_factor=False, actor=actor)  # a demo is entered by whoever looks at it
    teams: dict[str, Team] = {}
    for key, name, parent, region in TEAMS:
        teams[key] = create_team(name, parent=teams.get(parent or ""), region_code=region, actor=actor)
    update_company(name=TEAMS[0][1], short_name=TEAMS[0][1], actor=actor)
    people: dict[str, User] = {}
    hashed = make_password(password)  # once: it is meant to take long, and all have the same
    for username, name, role, team, title, leads in PEOPLE:
        people[username] = create_user(
            username,
            name=name,
            role=Role._base_manager.get(slug=role),
            team=teams[team],
            title=title,
            email=f"{username}@chengchuan.example",
            actor=actor,
        )
        if leads:
            teams[team] = update_team(teams[team], leader=people[username], actor=actor)
    User._base_manager.filter(pk__in=[user.pk for user in people.values()]).update(password=hashed)
    return {name: User._base_manager.get(pk=user.pk) for name, user in people.items()}
