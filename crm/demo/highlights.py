"""What everybody should know first about the demo company's important customers."""

import random

from accounts.models import Contact, Customer
from accounts.services import set_highlights
from crm.events.actor import Actor

MOST_CUSTOMERS = 60  # the important ones, as a real team would do it

FACTS = {
    "决策人": ["{who} 拍板，200 万以内自批", "{who} 推荐，总经理最后签字", "{who}，董事会已授权"],
    "关注": ["视觉检测 V3、与 MES 对接", "交期和售后响应时间", "节拍 ≤ 0.8 秒，现场要留检修通道"],
    "预算": ["¥155 万，Q3 分两批拨付", "¥80 万，等季度评审", "今年已用完，明年一季度再提"],
    "竞品": ["锐视科技，报价低 6%，交期 10 周", "在用的设备保修到年底", "同城同行报过价，还没选定"],
    "忌讳": ["周一上午例会，别打电话", "只认书面报价，不谈口头价", "财务要求先开票后付款"],
}
SOURCES = ["上次拜访", "上次通话", "技术交流会"]


def pin_highlights(seed: int, actor: Actor) -> None:
    """Pin three to five facts to each of the most important customers."""
    chance = random.Random(seed)  # noqa: S311 - believable, not secret
    alive = Customer._base_manager.filter(owner__isnull=False, deleted_at__isnull=True)
    chosen = list((alive.filter(tier="A") | alive.filter(intent="A")).order_by("pk")[:MOST_CUSTOMERS])
    people = Contact._base_manager.filter(customer__in=[c.pk for c in chosen], is_primary=True)
    names = {contact.customer_id: contact.name for contact in people}
    for customer in chosen:
        labels = [label for label in FACTS if label != "决策人" or customer.pk in names]
        kept = sorted(chance.sample(labels, chance.randint(3, len(labels))), key=labels.index)
        source = chance.choice(SOURCES)
        facts = [
            {
                "label": label,
                "text": chance.choice(FACTS[label]).format(who=names.get(customer.pk, "")),
                "source": source,
            }
            for label in kept
        ]
        set_highlights(customer, facts, actor=actor)
