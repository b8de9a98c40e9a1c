"""What is made from the secret key: secrets that have to be used again, and so cannot be hashed, are encrypted with it.

The key can be changed: those before it (`CRM_SECRET_KEY_FALLBACKS`) are still understood, and nothing new is made with them.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotOpen(ValueError):
    """The secret was sealed with a key that is no longer known."""


def secret_keys() -> list[str]:
    """The secret key, and after it the earlier ones: what was made with one of those still holds."""
    return [str(settings.SECRET_KEY), *map(str, settings.SECRET_KEY_FALLBACKS)]


def seal(text: str, purpose: str) -> str:
    """The text encrypted; what is sealed for one purpose cannot be opened for another."""
    return _cipher(purpose).encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str, purpose: str) -> str:
    """The text again; raises `CannotOpen` where neither the key nor an earlier one fits."""
    try:
        return _cipher(purpose).decrypt(sealed.encode()).decode() if sealed else ""
    except InvalidToken as error:
        raise CannotOpen(purpose) from error


def reseal(sealed: str, purpose: str) -> str:
    """The same secret sealed with the present key, so that the earlier one can go."""
    return seal(unseal(sealed, purpose), purpose)


def _cipher(purpose: str) -> MultiFernet:
    """Keys of one purpose, the present one first."""
    made = (hashlib.sha256(f"{purpose}:{key}".encode()).digest() for key in secret_keys())
    return MultiFernet([Fernet(base64.urlsafe_b64encode(one)) for one in made])
