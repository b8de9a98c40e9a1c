"""Which addresses get no more mails; known by a keyed hash only."""

import hashlib
import hmac
from collections.abc import Iterable

from django.conf import settings

from crm.automation.models import Suppression


def hash_of(address: str) -> str:
    """The hash by which an address is kept from now on."""
    return hashes_of(address)[0]


def hashes_of(address: str) -> list[str]:
    """The hashes an address may be kept by: earlier secret keys count, too."""
    text = address.strip().lower().encode()
    keys = [str(settings.SECRET_KEY), *map(str, settings.SECRET_KEY_FALLBACKS)]
    return [hmac.new(f"suppression:{key}".encode(), text, hashlib.sha256).hexdigest() for key in keys]


def is_suppressed(address: str) -> bool:
    """Whether somebody at this address wants no more mails, or there is nobody."""
    return Suppression._base_manager.filter(address_hash__in=hashes_of(address)).exists()


def suppression_of(address: str) -> Suppression | None:
    """Why an address gets no more mails; None where it may."""
    return Suppression._base_manager.filter(address_hash__in=hashes_of(address)).first() if address else None


def suppressed_among(addresses: Iterable[str]) -> set[str]:
    """Those of the addresses that get no more mails: one query."""
    known = {digest: one for one in set(addresses) if one for digest in hashes_of(one)}
    rows = Suppression._base_manager.filter(address_hash__in=list(known))
    return {known[digest] for digest in rows.values_list("address_hash", flat=True)}
