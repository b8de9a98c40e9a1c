"""The forms that create something, filled in, with the world they speak of."""

from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from accounts.models import Contact, Customer
from accounts.services import create_contact
from crm.demo.faults import world as base
from crm.events.actor import Actor
from crm.identity.models import Role, User


@dataclass(frozen=True)
class Form:
    """One form: who sends it where with what, and the table in which one row appears."""

    route: str
    who: str
    table: str
    data: dict[str, Any]
    args: tuple[Any, ...] = ()
    page: str = ""  # where the form stands, if not at its own address
    query: str = ""


@dataclass
class World:
    """What the forms speak of."""

    people: dict[str, User]
    customer: Customer
    contact: Contact
    other: Customer
    planned: int
    first: str = field(default_factory=lambda: timezone.localdate().isoformat())


def forms(w: World) -> list[Form]:
    """Every form that creates something about customers, and of the house, filled in."""
    mine = (w.customer.pk,)
    note = {"kind": "note", "body": "发了报价单，等对方内部讨论", "place": "page"}
    role = Role._base_manager.get(slug="salesperson")
    team = w.people["sales1"].team_id
    person = {"username": "newcomer", "name": "新来的", "role": role.pk, "team": team}
    robot = {"name": "双击群", "kind": "wecom", "news": "team_overdue", "language": "en", "is_active": "on"}
    robot["address"] = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=double"
    cover = {"away": w.people["sales1"].pk, "by": w.people["sales2"].pk}
    new = {
        "name": "双击贸易有限公司",
        "contact_name": "王双",
        "contact_phone": "13912345678",
        "next_date": w.first,
        "next_step": "回访",
    }
    return [
        Form("customer_create", "sales1", "accounts_customer", new),
        Form("contact_create", "sales1", "accounts_contact", {"name": "李双"}, mine),
        Form("contact_link", "sales1", "accounts_contactlink", {"customer": w.other.pk}, (w.contact.pk,)),
        Form(
            "activity_create",
            "sales1",
            "accounts_activity",
            {"kind": "task", "subject": "寄样品", "date": w.first},
        ),
        Form("customer_follow_up", "sales1", "accounts_activity", note, mine),
        Form(
            "activity_complete",
            "sales1",
            "accounts_activity",
            {"outcome": "progress", "body": "谈妥了价格和交期", "next_date": w.first},
            (w.planned,),
        ),
        Form("member_add", "admin", "identity_user", person),
        Form("team_add", "admin", "identity_team", {"name": "双击组", "parent": team}),
        Form(
            "role_add",
            "admin",
            "identity_role",
            {"name_zh": "双击角色", "name_en": "Clickers", "slug": "clickers", "like": role.pk},
        ),
        Form(
            "field_add",
            "admin",
            "records_customfield",
            {"label_zh": "双击字段", "label_en": "Clicks", "kind": "text"},
            query="?model=accounts.customer",
        ),
        Form(
            "section_add",
            "admin",
            "records_recordsection",
            {"label_zh": "双击区", "label_en": "Clicked"},
            query="?model=accounts.customer",
        ),
        Form("tag_add", "admin", "records_tag", {"name": "双击", "colour": "teal", "is_active": "on"}),
        Form("covers", "admin", "identity_cover", {**cover, "first_date": w.first, "last_date": w.first}),
        Form(
            "settings_tokens", "sales1", "identity_apitoken", {"name": "ERP", "read_only": "on", "days": "30"}
        ),
        Form(
            "export_new",
            "admin",
            "records_exportjob",
            {"resource": "customers", "format": "csv"},
            page="/customers/",
        ),
        Form("customer_views", "sales1", "records_savedview", {"name": "双击视图", "query": "tier=A"}),
        Form("robot_add", "admin", "automation_grouprobot", robot),
    ]


def world() -> World:
    """A small company with two customers of one salesperson."""
    people = base.people()
    mine, other = base.customer(people["sales1"]), base.customer(people["sales1"])
    contact = create_contact(mine, name="赵双", actor=Actor.of(people["sales1"]))
    (planned,) = base.plan_due(people["sales1"], mine, 1)
    return World(people, mine, contact, other, planned.pk)
