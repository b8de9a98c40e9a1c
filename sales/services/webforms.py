"""Public forms: set up by administrators, filled in by anybody; each becomes a lead, or a touch of whom one knows."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services as accounts
from accounts.models import ActivityKind, Contact, Customer
from accounts.queries.duplicates import find
from accounts.rules.matching import keys_of
from accounts.services.cleaning import match_keys
from accounts.services.duplicates import hold
from crm.automation.services import notify
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.identity.models import User
from sales.events.webforms import CUSTOMER_SENT_FORM, WEB_FORM_CHANGED, WEB_FORM_CREATED
from sales.models import ConsentText, FormSubmission, Lead, WebForm
from sales.models.choices import TouchKind
from sales.news.leads import LEAD_ARRIVED
from sales.queries.leads import lead_keys, same_leads
from sales.queries.webforms import WAYS, consent_of, public_fields
from sales.rules.webforms import channel_of, host_of, origin_of
from sales.services.assignment import assign_leads
from sales.services.leads import create_lead, update_lead
from sales.services.scoring import touch_lead

Outcome = FormSubmission.Outcome
SAME_PERSON = 0.9  # the score from which a customer has this very number or address
TEXTS = (
    "name", "slug", "is_active", "title_zh", "title_en", "intro_zh", "intro_en", "button_zh", "button_en", "thanks_zh",
    "thanks_en", "redirect_url", "source", "campaign", "owner", "team",
)  # fmt: skip


@dataclass(frozen=True)
class Arrival:
    """Whence somebody came to a form."""

    address: str | None = None
    marks: Mapping[str, str] = field(default_factory=dict)
    referrer: str = ""
    landing: str = ""


@transaction.atomic
def save_web_form(
    form: WebForm | None,
    *,
    actor: Actor,
    fields: Sequence[Mapping[str, Any]],
    embed_origins: Sequence[str] = (),
    consent_zh: str = "",
    consent_en: str = "",
    expected: int | None = None,
    **values: Any,
) -> WebForm:
    """Set a form up or change it; another wording of the consent is a new version, the old ones stay as proof."""
    unknown = set(values) - set(TEXTS)
    if unknown:
        raise TypeError(f"not to be edited this way: {sorted(unknown)}")
    if form is None:
        form = WebForm(**values)
        kind = WEB_FORM_CREATED
    else:
        form = lock(form)
        check_version(form, expected)
        kind = WEB_FORM_CHANGED
    chosen = _fields(fields)
    with recording(kind, form, actor=actor, payload={"name": values.get("name", form.name)}, always=True):
        for name, value in values.items():
            setattr(form, name, value)
        form.fields, form.embed_origins = chosen, _origins(embed_origins)
        if form.redirect_url and not origin_of(form.redirect_url):
            raise RuleBroken(_("This is not a web address."), field="redirect_url")
        try:
            with transaction.atomic():
                if form.pk is None:
                    form.save()
                else:
                    save_versioned(form, [*values, "fields", "embed_origins"])
        except IntegrityError as error:
            raise RuleBroken(_("Another form has this address."), field="slug") from error
    _word_consent(form, consent_zh.strip(), consent_en.strip())
    return form


@transaction.atomic
def receive_form(
    form: WebForm,
    values: Mapping[str, Any],
    *,
    key: str,
    actor: Actor,
    custom: Mapping[str, Any] | None = None,
    arrival: Arrival | None = None,
) -> FormSubmission:
    """Take in what somebody sent: a new lead, or a touch of the lead or customer there is; the same key counts once."""
    arrival, custom = arrival or Arrival(), dict(custom or {})
    answers = {
        name: str(getattr(value, "pk", value)) for name, value in values.items() if value not in (None, "")
    }
    fresh = FormSubmission(
        form=form,
        key=hashlib.sha256(key.encode()).hexdigest(),
        answers=answers | ({"custom": custom} if custom else {}),
        consent=consent_of(form),
        address=arrival.address,
        utm=dict(arrival.marks),
        referrer=arrival.referrer[:500],
        landing=arrival.landing[:500],
    )
    FormSubmission.objects.bulk_create([fresh], ignore_conflicts=True)
    row = FormSubmission.objects.select_for_update().get(form=form, key=fresh.key)
    if row.outcome:
        return row
    keys = lead_keys(dict(values))
    hold(keys.locks)  # two forms of one person come one after the other
    lead = same_leads(keys).first()
    if lead is not None:
        row.outcome, row.lead = Outcome.AGAIN, _again(form, lead, values, actor)
    elif (person := _contact_of(values)) is not None:
        row.outcome, row.customer = Outcome.CUSTOMER, _tell_customer(form, person, values, actor)
    else:
        row.outcome, row.lead = Outcome.LEAD, _new_lead(form, values, custom, arrival, actor)
    row.save(update_fields=["outcome", "lead", "customer"])
    return row


def _fields(chosen: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    offered = dict(public_fields())
    found = [{"name": one["name"], "required": bool(one.get("required"))} for one in chosen]
    names = [one["name"] for one in found]
    if set(names) - set(offered) or len(set(names)) < len(names):
        raise RuleBroken(_("There is no such field."), field="fields")
    if not set(names) & set(WAYS):
        raise RuleBroken(_("Ask for a phone number, an e-mail address or a WeChat name."), field="fields")
    if "name" not in names:
        found.insert(0, {"name": "name", "required": True})
    return [one | {"required": True} if one["name"] == "name" else one for one in found]


def _origins(addresses: Sequence[str]) -> list[str]:
    found = []
    for address in filter(None, (one.strip() for one in addresses)):
        origin = origin_of(address)
        if not origin:
            message = _("%(address)s is no address of a site; write https://www.example.com.")
            raise RuleBroken(message % {"address": address[:60]}, field="embed_origins")
        found.append(origin)
    return list(dict.fromkeys(found))[:20]


def _word_consent(form: WebForm, zh: str, en: str) -> None:
    newest = form.consents.first()
    if newest is not None and (newest.text_zh, newest.text_en) == (zh, en):
        return
    if newest is None and not zh and not en:
        return
    ConsentText(form=form, version=newest.version + 1 if newest else 1, text_zh=zh, text_en=en).save()


def _again(form: WebForm, lead: Lead, values: Mapping[str, Any], actor: Actor) -> Lead:
    """Somebody whose lead is open already: it is touched, and only its blanks are filled."""
    lead = lock(lead)
    blanks = {
        name: value
        for name, value in values.items()
        if name not in ("name", *WAYS) and value not in (None, "") and getattr(lead, name) in (None, "")
    }
    if blanks:
        lead = update_lead(lead, actor=actor, guard=False, **blanks)
    Lead._base_manager.filter(pk=lead.pk).update(last_source=form.source)
    touch_lead(lead, TouchKind.FORM, note=_note(form, values), actor=actor)
    _tell(lead, form, actor)
    return lead


def _contact_of(values: Mapping[str, Any]) -> Contact | None:
    """The contact of a customer with this number or address."""
    matches = find(
        keys_of(name="", kind="person", phones=[values.get("phone", "")], emails=[values.get("email", "")])
    )
    ids = [match.customer_id for match in matches if match.verdict.score >= SAME_PERSON]
    if not ids:
        return None
    people = Contact.objects.filter(customer__in=ids).select_related("customer__owner")
    number = match_keys({"phone": values.get("phone", "")})["phone_key"]
    same = people.filter(phone_key=number).first() if number else None
    return same or people.filter(email=values.get("email") or "-").first()


def _tell_customer(form: WebForm, person: Contact, values: Mapping[str, Any], actor: Actor) -> Customer:
    """Somebody at a customer: it stands in the timeline, and the owner has somebody to call."""
    customer = person.customer
    payload = {"form": form.name, "name": person.name, "text": str(values.get("need") or "")[:200]}
    record_event(CUSTOMER_SENT_FORM, customer, actor=actor, payload=payload)
    if customer.owner is not None and customer.owner.is_active:
        accounts.plan_follow_up(
            actor=actor,
            author=customer.owner,
            owner=customer.owner,
            kind=ActivityKind.CALL,
            customer=customer,
            contact=person,
            subject=_("Answer the form “%(form)s”") % {"form": form.name},
            due_at=timezone.now(),
        )
    return customer


def _new_lead(
    form: WebForm, values: Mapping[str, Any], custom: Mapping[str, Any], arrival: Arrival, actor: Actor
) -> Lead:
    owner = _owner_of_company(values) or _active(form.owner)
    team = form.team if owner is None else None
    lead = create_lead(
        actor=actor,
        owner=owner,
        team=team,
        guard=False,
        complete=False,
        custom=custom,
        source=form.source,
        channel=channel_of(arrival.marks, arrival.referrer, host_of(arrival.landing)),
        campaign=(arrival.marks.get("utm_campaign") or form.campaign)[:100],
        **values,
    )
    touch_lead(lead, TouchKind.FORM, note=form.name, actor=actor)
    if owner is None:  # the rules decide, and tell whom they choose
        assign_leads([lead.pk], actor=actor)
        lead.refresh_from_db()
    else:
        _tell(lead, form, actor)
    return lead


def _owner_of_company(values: Mapping[str, Any]) -> User | None:
    """Whoever owns the customer of that name: the owner there is always wins."""
    if not values.get("company"):
        return None
    matches = find(keys_of(name=values["company"], kind="company", phones=[], emails=[]))
    ids = [match.customer_id for match in matches if match.blocks]
    customer = Customer.objects.filter(pk__in=ids, owner__is_active=True).select_related("owner").first()
    return customer.owner if customer else None


def _active(user: User | None) -> User | None:
    return user if user is not None and user.is_active else None


def _note(form: WebForm, values: Mapping[str, Any]) -> str:
    said = " ".join(str(values.get("need") or "").split())
    return f"{form.name}: {said}" if said else form.name


def _tell(lead: Lead, form: WebForm, actor: Actor) -> None:
    if lead.owner is None:
        return
    notify(
        [lead.owner],
        LEAD_ARRIVED,
        params=lambda seen: {"name": str(seen), "company": seen.company, "form": form.name},
        url=lead.get_absolute_url(),
        about=lead,
        actor=actor,
        dedupe=f"{lead.pk}:{timezone.now():%Y%m%d%H}",
    )
