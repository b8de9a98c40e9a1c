"""What is read of customers and contacts; whose rows they are is decided by `crm.identity.access`."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q
from django.db.models.functions import JSONObject
from django.utils import timezone

from accounts.models import Contact, ContactLink, Customer, CustomerTag, LifecycleEvent
from accounts.models.choices import Stage
from accounts.rules.derive import Derivation
from crm.core.clock import company_today
from crm.core.company import parse_company
from crm.identity import access
from crm.identity.fields import shield
from crm.identity.models import User
from crm.identity.shares import grant_models, live
from crm.listing.selection import found_by
from crm.records.models import Region, Tag
from crm.records.searchable import SEARCHED


def customer_list() -> models.QuerySet[Customer]:
    """Customers outside the bin, with what the columns of the list read."""
    return Customer.objects.select_related("industry", "region", "owner", "team")


def customer_bin() -> models.QuerySet[Customer]:
    """Customers in the bin, with what the columns of the list read; what was merged is not lost and not here."""
    rows = Customer.objects.binned().filter(merged_into__isnull=True)
    return rows.select_related("industry", "region", "owner", "team")


def with_labels(rows: models.QuerySet[Customer]) -> models.QuerySet[Customer]:
    """The rows with their tags as `labels`: id, name and colour of each."""
    return rows.annotate(labels=_labels())


def customer_record() -> models.QuerySet[Customer]:
    """Customers with what their page shows at once."""
    rows = Customer.objects.select_related("industry", "region", "owner", "team", "parent", "previous_owner")
    absorbed = Customer._base_manager.filter(merged_into=OuterRef("pk"))
    rows = with_labels(rows).annotate(has_absorbed=Exists(absorbed))
    return rows.defer(*SEARCHED).prefetch_related("highlights")


def contact_list() -> models.QuerySet[Contact]:
    """Contacts outside the bin, with their customer and its owner."""
    return Contact.objects.select_related("customer__owner")


def contact_bin() -> models.QuerySet[Contact]:
    """Contacts in the bin."""
    return Contact.objects.binned().select_related("customer__owner")


def people_of(customer: Customer, user: User) -> list[Contact]:
    """The contacts of a customer, main one first, then those who belong to it as a further company.

    A linked contact shows the part it plays here. Whose role reads no contacts sees none; the others see them with
    their customer.
    """
    if not access.has_verb(user, "view", Contact):
        return []
    links = ContactLink._base_manager.filter(customer=customer)
    ids = Contact.objects.filter(customer=customer).values("pk").union(links.values("contact"), all=True)
    rows = Contact.objects.filter(pk__in=ids).select_related("customer")
    part = FilteredRelation("links", condition=Q(links__customer=customer))
    rows = rows.annotate(part=part).annotate(part_role=F("part__role"), part_title=F("part__title"))
    own = sorted(
        rows, key=lambda person: (person.customer_id != customer.pk, not person.is_primary, person.pk)
    )
    for person in own:
        if person.customer_id == customer.pk:
            continue
        person.linked = True
        person.role = person.part_role or person.role
        person.title = person.part_title or person.title
        person.is_primary = False
    shield(user, own)
    return own


def links_of(contact: Contact, user: User) -> models.QuerySet[ContactLink]:
    """The further companies of a contact that somebody may change."""
    return contact.links.filter(customer__in=access.visible(Customer, user, "change"))


def lifecycle_history(customer: Customer, limit: int = 50) -> list[LifecycleEvent]:
    """The steps of a customer's life cycle, newest first."""
    return list(customer.lifecycle_events.all()[:limit])


def why_in_danger(customer: Customer) -> str:
    """Why a customer counts as at risk or lost, in words; empty for any other."""
    if customer.lifecycle_stage not in (Stage.AT_RISK, Stage.CHURNED):
        return ""
    last = customer.lifecycle_events.first()
    return last.why if last is not None else ""


def parents_of_branch(user: User, derivation: Derivation, *, limit: int = 5) -> list[Customer]:
    """The companies within somebody's scope whose branch a customer of this name would be."""
    if not derivation.seeks_parent or not derivation.core:
        return []
    same = access.visible(Customer, user).filter(company_core=derivation.core).order_by("pk")[: 4 * limit]
    return [one for one in same if not parse_company(one.name).is_branch][:limit]


def shared_with(user: User) -> Q:
    """Customers that reach somebody only because they were shared."""
    tables = grant_models(Customer)
    if tables is None:
        return Q(pk__in=[])
    users, groups = tables
    direct = live(users._base_manager.filter(user=user)).values("content_object")
    by_team = live(groups._base_manager.filter(group__user=user)).values("content_object")
    return (Q(pk__in=direct) | Q(pk__in=by_team)) & ~Q(owner=user)


def tags_for(user: User) -> models.QuerySet[Tag]:
    """The tags one can put on a customer today."""
    return access.visible(Tag, user).current()


def labels_of(customer: Customer) -> list[dict]:
    """The tags a customer carries now: id, name and colour."""
    return Customer._base_manager.filter(pk=customer.pk).values_list(_labels(), flat=True)[0]


def running_tags() -> Q:
    """Links to tags whose time has not run out, neither the link's nor the tag's own."""
    link = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    return link & (Q(tag__expiry_date__isnull=True) | Q(tag__expiry_date__gte=company_today()))


def _labels() -> ArraySubquery:
    """The tags of each row as one value, so that a list needs no further query for them."""
    carried = CustomerTag._base_manager.filter(running_tags(), customer=OuterRef("pk"))
    return ArraySubquery(
        carried.order_by("tag__name_sort", "pk").values(
            label=JSONObject(id="tag_id", name="tag__name", colour="tag__colour")
        )
    )


def named_like(user: User, text: str, limit: int = 6) -> list[Customer]:
    """Customers within somebody's scope found by the beginning of a new one's name."""
    rows = access.visible(Customer, user).select_related("owner", "region")
    return list(rows.filter(found_by(Customer, text, user)).order_by("-updated_at", "-pk")[:limit])


def regions_like(user: User, text: str, limit: int = 30) -> list[Region]:
    """Regions by a part of their name or the beginning of their code, larger ones first."""
    rows = access.visible(Region, user).filter(is_active=True)
    if text:
        rows = rows.filter(
            Q(full_name__contains=text) | Q(full_name_en__icontains=text) | Q(code__startswith=text)
        )
    return list(rows.order_by("code")[:limit])
