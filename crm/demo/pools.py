"""The demo company's pools, how its leads are shared out, and what lies idle."""

from django.db.models import F

from accounts.models import Customer
from crm.events.actor import Actor
from crm.identity.models import User
from sales import services
from sales.models import AssignmentGroup, Lead, Pool
from sales.models.lead import OPEN
from sales.services.setting_up import save_assignment_rule, save_group

REASONS = ("unreachable", "no_need", "no_budget", "not_target", "competitor")
MOST = 24  # of each kind
NOTES = ("", "明年预算再谈", "打了三次没人接", "", "已签别家，合同到年底")


def open_pools(people: dict[str, User], actor: Actor) -> Pool:
    """One pool for all of sales with its usual rules, still off, and two groups that leads are shared out among."""
    pool = services.create_pool("公海", serves=people["director"].team, is_default=True, actor=actor)
    for kind, ground, days in (
        ("lead", "no_follow_up", 15),
        ("customer", "no_follow_up", 30),
        ("customer", "no_opportunity", 90),
    ):
        services.save_rule(pool, kind=kind, ground=ground, days=days, actor=actor)
    _share_out(people, pool, actor)
    return pool


def _share_out(people: dict[str, User], pool: Pool, actor: Actor) -> None:
    groups: dict[str, AssignmentGroup] = {}
    for name, members, strategy in (
        ("华东销售", ("sales1", "sales2"), "weighted"),
        ("华南销售", ("sales3", "sales4"), "round_robin"),
        ("全体销售", ("sales1", "sales2", "sales3", "sales4"), "load"),
    ):
        rows = [{"user": people[one], "weight": 2 if one == "sales1" else 1, "cap": 60} for one in members]
        groups[name] = save_group(
            name=name, strategy=strategy, pool=pool, members=rows, fallback=None, actor=actor
        )
    east, south = ["310000", "320000", "330000"], ["440000", "450000"]
    save_assignment_rule(name="华东线索", group=groups["华东销售"], regions=east, actor=actor)
    save_assignment_rule(name="华南线索", group=groups["华南销售"], regions=south, actor=actor)
    save_assignment_rule(name="其余线索", group=groups["全体销售"], actor=actor)


def lay_idle(actor: Actor) -> int:
    """Give back some prospects and open leads nobody has had time for, as salespeople do; returns how many."""
    idle = Customer.objects.filter(
        first_deal_at__isnull=True, owner__isnull=False, opportunities=None, next_follow_up_at=None
    )
    leads = Lead.objects.filter(OPEN, owner__isnull=False, next_follow_up_at=None)
    laid = 0
    for rows in (idle, leads):
        share = max(1, min(MOST, rows.count() // 6))
        for record in rows.order_by(F("last_activity_at").asc(nulls_last=True), "pk")[:share]:
            services.return_to_pool(
                record,
                reason=REASONS[laid % len(REASONS)],
                note=NOTES[laid % len(NOTES)],
                actor=Actor.of(record.owner, origin="cli"),
            )
            laid += 1
    return laid
