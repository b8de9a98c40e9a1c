"""Which addresses get no more mails; known by a keyed hash only."""

import hashlib
import hmac

from django.db.models import QuerySet

from crm.automation.models import Suppression
from crm.core.sealing import secret_keys


def hash_of(address: str) -> str:
    """The hash by which an address is kept from now on."""
    return hashes_of(address)[0]


def hashes_of(address: str) -> list[str]:
    """The hashes an address may be kept by: earlier secret keys count, too."""
    text = address.strip().lower().encode()
    return [
        hmac.new(f"suppression:{key}".encode(), text, hashlib.sha256).hexdigest() for key in secret_keys()
    ]


def is_suppressed(address: str) -> bool:
    """Whether somebody at this address wants no more mails, or there is nobody."""
    return suppression_of(address) is not None


def suppression_of(address: str) -> Suppression | None:
    """Why an address gets no more mails; None where it may."""
    return Suppression._base_manager.filter(address_hash__in=hashes_of(address)).first() if address else None


def suppression_list() -> QuerySet[Suppression]:
    """All addresses that get no more mails."""
    return Suppression._base_manager.all()
