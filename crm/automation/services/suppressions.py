"""Ending mails to an address: by the link in one of them, because it came back, or by hand; and allowing them again."""

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from crm.automation.events import ADDRESS_ALLOWED, ADDRESS_SUPPRESSED
from crm.automation.models import OutgoingEmail, Suppression
from crm.automation.queries.suppressions import hash_of, suppression_of
from crm.automation.services.mail import DIGITS, message_digest
from crm.core.sealing import secret_keys
from crm.events.actor import Actor
from crm.events.recording import record_event

SALT = "opt-out"


def opt_out_url(key: str) -> str:
    """The address in a mail, named by its dedupe key, by which whoever gets it wants no more: it tells nothing else."""
    digest = message_digest(key)
    return f"{settings.BASE_URL}{reverse('opt_out', args=[digest + _marks(digest)[0]])}"


def _marks(digest: str) -> list[str]:
    """What only we can write behind the digest of a mail: with the present key, and with those before it."""
    return [salted_hmac(SALT, digest, key, algorithm="sha256").hexdigest()[:24] for key in secret_keys()]


def read_opt_out(token: str) -> OutgoingEmail | None:
    """The mail whose link this is; None where it is not one of ours."""
    digest, mark = token[:DIGITS], token[DIGITS:]
    if not any(constant_time_compare(mark, one) for one in _marks(digest)):
        return None
    return OutgoingEmail._base_manager.filter(message_id__startswith=f"<{digest}@").first()


@transaction.atomic
def suppress(address: str, *, reason: str, actor: Actor, email: OutgoingEmail | None = None) -> Suppression:
    """Send nothing more to an address that was not asked for; the same again changes nothing.

    `email` is the mail that led to it: who follows up with that person hears of it.
    """
    if (found := suppression_of(address)) is not None:
        return found
    made, created = Suppression._base_manager.get_or_create(
        address_hash=hash_of(address), defaults={"reason": reason}
    )
    if created:
        payload = {"reason": reason} | ({"email": email.pk} if email is not None else {})
        record_event(ADDRESS_SUPPRESSED, made, actor=actor, payload=payload)
    return made


@transaction.atomic
def allow_again(found: Suppression, *, actor: Actor) -> None:
    """Somebody asked for mails again, or the address exists after all: for who may delete suppressed addresses.

    Twice at once it is said once.
    """
    held = Suppression._base_manager.select_for_update().filter(pk=found.pk).first()
    if held is not None:
        record_event(ADDRESS_ALLOWED, held, actor=actor, payload={"reason": held.reason})
        held.delete()
