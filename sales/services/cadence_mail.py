"""The words of a step for one person, and the mail that takes them there through the house's outbox."""

from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import Contact
from crm.automation.models import OutgoingEmail
from crm.automation.services import enqueue, opt_out_url, reply_address
from crm.core.phone import format_phone
from crm.identity import fields
from crm.identity.models import User
from crm.identity.queries import company
from sales.models import CadenceStep, Enrolment, Lead, PersonalTemplate
from sales.rules.cadences import merge
from sales.services.enrolments import address_of

FOOT = "\n-- \n"


def words_of(enrolment: Enrolment, step: CadenceStep) -> tuple[str, str]:
    """Subject and text of a step for the person, in the sender's own words where they have some."""
    assert enrolment.owner is not None
    own = (
        PersonalTemplate._base_manager.filter(user=enrolment.owner, step=step).first()
        if step.is_mail
        else None
    )
    with translation.override(enrolment.cadence.language):
        values = values_of(enrolment.who, enrolment.owner)
    source = own or step
    return merge(source.subject, values), merge(source.body, values)


def values_of(who: Contact | Lead, sender: User) -> dict[str, str]:
    """What the fields of a template say: nothing of what the sender may not read themselves."""
    closed = fields.closed(sender, type(who))
    about = who.customer if isinstance(who, Contact) else who
    closed_there = fields.closed(sender, type(about))
    said = {
        "name": who.name,
        "title": "" if "title" in closed else who.title,
        "company": about.name if isinstance(who, Contact) else who.company,
        "industry": "" if "industry" in closed_there else str(about.industry or ""),
        "region": "" if "region" in closed_there else str(about.region or ""),
        "my_name": str(sender.get_full_name() or sender.get_username()),
        "my_phone": format_phone(sender.phone) if sender.phone else "",
        "my_email": sender.email,
        "our_company": company().name,
    }
    return {name: " ".join(str(value).split()) for name, value in said.items()}


def mail_step(enrolment: Enrolment, step: CadenceStep) -> OutgoingEmail:
    """Put the mail of a step into the outbox, in the caller's transaction; the same step again is the same mail."""
    assert enrolment.owner is not None
    key = f"cadence:{enrolment.pk}:{step.pk}"
    subject, body = words_of(enrolment, step)
    with translation.override(enrolment.cadence.language):
        context = {"body": body, "opt_out_url": opt_out_url(key), "company_name": company().name}
        return enqueue(
            to=address_of(enrolment.who, enrolment.owner),
            subject=subject,
            text=render_to_string("sales/email/cadence.txt", context),
            html=render_to_string("sales/email/cadence.html", context),
            kind="cadence",
            sender_name=str(enrolment.owner.get_full_name() or enrolment.owner.get_username()),
            reply_to=reply_address(key) or enrolment.owner.email,
            unsubscribe_url=context["opt_out_url"],
            dedupe_key=key,
            about_type=enrolment._meta.label_lower,
            about_id=enrolment.pk,
        )


def body_of(mail: OutgoingEmail) -> str:
    """What a mail of a cadence said, without the lines below it that every one has."""
    return mail.text.split(FOOT, 1)[0].strip()
