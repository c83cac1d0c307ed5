"""A GitHub on loopback, as far as an app sees it: statements are checked, tokens given for them.

The signature is checked with the app's public key by `cryptography`, not by the library that made
it. A token opens the repositories of the Git server that this is the API of.
"""

import base64
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.harness.gitserver import Asked, GitServer

_PATH = re.compile(r"(/api/v3)?/app/installations/(\d+)/access_tokens")
_LONGEST = 600  # seconds that a statement may hold


@cache
def app_key() -> rsa.RSAPrivateKey:
    """One for all tests: it takes long to make."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    """As GitHub hands it out."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


@dataclass
class GitHub:
    """Its knobs may be turned any time."""

    server: GitServer
    app: int = 4711
    installation: int = 815
    key: rsa.RSAPrivateKey = field(default_factory=app_key, repr=False)
    lifetime: float = 3600.0  # seconds that a token holds
    refuse: tuple[int, str] | None = None  # answer this instead
    minted: list[str] = field(default_factory=list)
    wanted: list[Mapping[str, Any]] = field(default_factory=list)  # what tokens were to be good for
    statements: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server.api = self
        self.server.users = {}

    def __call__(self, asked: Asked, body: bytes) -> tuple[int, bytes] | None:
        match = _PATH.fullmatch(asked.path)
        if match is None or asked.method != "POST":
            return None
        status, answer = self._answer(asked.authorization, int(match[2]), body)
        return status, json.dumps(answer).encode()

    def revoke(self) -> None:
        """No token that was given opens anything any more."""
        self.server.users = {}

    def _answer(self, authorization: str, installation: int, body: bytes) -> tuple[int, Any]:
        if self.refuse is not None:
            return self.refuse[0], {"message": self.refuse[1]}
        statement = authorization.removeprefix("Bearer ")
        if why := self._fault(statement):
            return 401, {"message": why}
        if installation != self.installation:
            return 404, {"message": "Not Found"}
        self.statements.append(statement)
        self.wanted.append(json.loads(body))
        token = (
            f"ghs_{len(self.minted)}{base64.urlsafe_b64encode(statement[-24:].encode()).decode()}"
        )
        self.minted.append(token)
        self.server.users = {"x-access-token": token}
        ends = datetime.fromtimestamp(time.time() + self.lifetime, UTC)
        return 201, {"token": token, "expires_at": ends.strftime("%Y-%m-%dT%H:%M:%SZ")}

    def _fault(self, statement: str) -> str:
        """Why a statement is not believed, as GitHub would say it."""
        try:
            head, claims, signature = statement.split(".")
            self.key.public_key().verify(
                _decoded(signature),
                f"{head}.{claims}".encode(),
                padding.PKCS1v15(),
                hashes.SHA256(),
            )
            said, now = json.loads(_decoded(claims)), time.time()
        except (ValueError, InvalidSignature):
            return "A JSON web token could not be decoded"
        if json.loads(_decoded(head))["alg"] != "RS256" or said["iss"] != str(self.app):
            return "Integration not found"
        if not said["iat"] <= now < said["exp"] <= now + _LONGEST:
            return "'Expiration time' claim ('exp') is too far in the future"
        return ""


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
