"""The demo company's customers, in every stage of their life, shared out among its salespeople."""

import datetime
import random
from collections.abc import Iterator

from django.utils import timezone

from accounts.models.choices import ContactRole, Stage
from accounts.services.bulk import NewCustomer
from crm.demo.fields import contact_values, customer_values
from crm.demo.names import companies
from crm.identity.models import User
from crm.records.models import Industry, Region, Tag

TAGS = [
    ("标杆客户", Tag.Colour.TEAL),
    ("智能化改造", Tag.Colour.VIOLET),
    ("价格敏感", Tag.Colour.AMBER),
    ("年框合作", Tag.Colour.BLUE),
    ("转介绍", Tag.Colour.GREEN),
]
SIZES = [(Stage.LEAD, 22), (Stage.MQL, 12), (Stage.SQL, 12), (Stage.OPPORTUNITY, 18), (Stage.CUSTOMER, 14)]
SIZES += [(Stage.REPEAT, 11), (Stage.LOYAL, 5), (Stage.AT_RISK, 4), (Stage.CHURNED, 2)]
WITH_DEAL = {Stage.CUSTOMER, Stage.REPEAT, Stage.LOYAL, Stage.AT_RISK, Stage.CHURNED}


def customers(count: int, seed: int, people: dict[str, User], tags: list[Tag]) -> Iterator[NewCustomer]:
    """`count` customers to create; the same seed gives the same ones, with dates counted back from today."""
    chance = random.Random(seed)  # noqa: S311 - believable, not secret
    extra = random.Random(seed + 1)  # noqa: S311 - of its own, so that the rest stays as it was
    now = timezone.now()
    regions = {r.code: r for r in Region._base_manager.filter(level=Region.Level.CITY)}
    industries = {i.code: i for i in Industry._base_manager.all()}
    sellers = {True: [people["sales1"], people["sales2"]], False: [people["sales3"], people["sales4"]]}
    stages, weights = zip(*SIZES, strict=True)
    for company in companies(count, seed):
        stage = chance.choices(stages, weights)[0]
        created = now - datetime.timedelta(days=chance.randint(1, 900), minutes=chance.randint(0, 1440))
        deal = None
        if stage in WITH_DEAL:
            deal = timezone.localdate(created) + datetime.timedelta(days=chance.randint(0, 60))
            deal = min(deal, timezone.localdate(now))
        grade = chance.choices("ABCD", [2, 4, 3, 1])[0]
        yield NewCustomer(
            owner=chance.choice(sellers[company.east]),
            values={
                "name": company.name,
                "kind": "company",
                "industry": industries.get(company.industry),
                "region": regions.get(company.region_code),
                "size": company.size,
                "website": f"www.customer-{company.number}.example",
                "source": company.source,
                "tier": grade if deal else None,
                "intent": None if deal else grade,
                "custom": customer_values(extra, stage, timezone.localdate(now)),
            },
            contact={
                "name": company.contact,
                "title": company.title,
                "phone": company.phone,
                "email": company.email,
                "role": chance.choice(ContactRole.values),
                "custom": contact_values(extra),
            },
            tags=chance.sample(tags, chance.choices([0, 1, 2], [6, 3, 1])[0]),
            stage=stage,
            first_deal_at=deal,
            created_at=created,
        )
