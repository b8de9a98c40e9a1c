"""The roles every installation starts with; their rights come with the apps that own the records.

Everybody may look up colleagues, teams and roles.
"""

from django.db import migrations

from crm.identity.services.roles import DIRECTORY, seed_role

# slug, English, Chinese, what it is for (en, zh), second factor, administrator
ROLES = [
    (
        "admin",
        "Administrator",
        "系统管理员",
        "Manages people, teams, roles and settings; sees everything",
        "管理成员、部门、角色和设置，能看到全部数据",
        True,
        True,
    ),
    (
        "executive",
        "Executive",
        "高管",
        "Reads everything, approves, comments, transfers; edits no fields",
        "查看全部数据，可以审批、批注、转移，不改字段",
        True,
        False,
    ),
    (
        "sales_manager",
        "Sales manager",
        "销售经理",
        "Sees and manages the team's customers",
        "查看并管理本部门及下级的客户",
        False,
        False,
    ),
    ("salesperson", "Salesperson", "销售", "Works with their own customers", "负责自己的客户", False, False),
    (
        "marketing_manager",
        "Marketing manager",
        "市场经理",
        "Runs campaigns; reads all customers",
        "管理市场活动，可以查看全部客户",
        False,
        False,
    ),
    (
        "marketing_member",
        "Marketing member",
        "市场专员",
        "Works on their own campaigns",
        "负责自己的市场活动",
        False,
        False,
    ),
    (
        "service_rep",
        "Service representative",
        "客服",
        "Finds every customer; works with contacts",
        "可以查到每一家客户，维护联系人",
        False,
        False,
    ),
    (
        "service_manager",
        "Service manager",
        "客服经理",
        "Runs the service desk; reads all customers",
        "管理客服团队，可以查看全部客户",
        False,
        False,
    ),
    (
        "finance",
        "Finance",
        "财务",
        "Sees customers with deals only",
        "只看成交客户",
        True,
        False,
    ),
]


def create_roles(apps, schema_editor):
    role_model = apps.get_model("identity", "Role")
    group_model = apps.get_model("auth", "Group")
    for position, (slug, en, zh, about_en, about_zh, factor, administrator) in enumerate(ROLES, 1):
        group, _created = group_model.objects.get_or_create(name=f"role:{slug}")
        role_model.objects.get_or_create(
            slug=slug,
            defaults={
                "name_en": en,
                "name_zh": zh,
                "description_en": about_en,
                "description_zh": about_zh,
                "needs_second_factor": factor,
                "is_administrator": administrator,
                "position": position,
                "group": group,
            },
        )
        seed_role(apps, slug, {label: (["view"], "all") for label in DIRECTORY})


class Migration(migrations.Migration):
    replaces = [("identity", "0004_directory")]
    dependencies = [("identity", "0001_initial")]
    operations = [migrations.RunPython(create_roles, migrations.RunPython.noop)]
