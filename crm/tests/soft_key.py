"""A security key made of software: it answers as one of hardware would, for tests without a browser."""

import hashlib
import json
import os
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestedCredentialData, AuthenticatorData

USER_PRESENT, ATTESTED = 0x01, 0x40


class SoftKey:
    """One key with one credential, for one origin."""

    def __init__(self, origin: str = "https://crm.example.com", host: str = "crm.example.com") -> None:
        self.origin, self.host = origin, host
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)

    def add(self, options: dict[str, Any]) -> str:
        """What a browser sends when a key is added."""
        public = ES256.from_cryptography_key(self.private.public_key())
        data = AttestedCredentialData.create(b"\0" * 16, self.id, public)
        held = AuthenticatorData.create(self._rp(), USER_PRESENT | ATTESTED, 0, data)
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": bytes(held)})
        return self._answer(
            {
                "clientDataJSON": websafe_encode(self._client("webauthn.create", options)),
                "attestationObject": websafe_encode(attestation),
            }
        )

    def use(self, options: dict[str, Any]) -> str:
        """What a browser sends when a key is used."""
        client = self._client("webauthn.get", options)
        held = bytes(AuthenticatorData.create(self._rp(), USER_PRESENT, 1))
        signed = self.private.sign(held + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": websafe_encode(client),
                "authenticatorData": websafe_encode(held),
                "signature": websafe_encode(signed),
            }
        )

    def _rp(self) -> bytes:
        return hashlib.sha256(self.host.encode()).digest()

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        challenge = options["publicKey"]["challenge"]
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, response: dict[str, str]) -> str:
        return json.dumps(
            {
                "id": websafe_encode(self.id),
                "rawId": websafe_encode(self.id),
                "type": "public-key",
                "clientExtensionResults": {},
                "response": response,
            }
        )
