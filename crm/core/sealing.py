"""Secrets that have to be used again, and so cannot be hashed: encrypted with keys made from the secret key."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotOpen(ValueError):
    """The secret was sealed with a key that is no longer known."""


def seal(text: str, purpose: str) -> str:
    """The text encrypted; what is sealed for one purpose cannot be opened for another."""
    return _cipher(purpose).encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str, purpose: str) -> str:
    """The text again; raises `CannotOpen` where neither the key nor an earlier one fits."""
    try:
        return _cipher(purpose).decrypt(sealed.encode()).decode() if sealed else ""
    except InvalidToken as error:
        raise CannotOpen(purpose) from error


def _cipher(purpose: str) -> MultiFernet:
    """Keys of one purpose, earlier ones included, so that the secret key can be changed."""
    keys: list[str] = [str(settings.SECRET_KEY), *map(str, settings.SECRET_KEY_FALLBACKS)]
    made = (hashlib.sha256(f"{purpose}:{key}".encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(one)) for one in made])
