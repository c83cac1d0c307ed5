"""Keys that never leave HashiCorp Vault or OpenBao: its transit engine opens data keys for us.

A file names the server that it was encrypted at, and whoever writes the file chooses that name. So
a token goes to the address of the repository's document and nowhere else, and a file for another
server is not for this key.
"""

from __future__ import annotations

import base64
import http.client
import re
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import orjson

from syncline.errors import (
    CredentialRefused,
    DecryptionFailed,
    InvalidDocument,
    KeyServiceUnreachable,
)
from syncline.model import weburl
from syncline.model.decryption import DecryptionKey
from syncline.model.weburl import WebUrl
from syncline_workers.sops.metadata import Metadata

_SECONDS: Final = 5.0  # for each wait of a request
_MOST: Final = 100_000  # bytes of an answer
_NAME: Final = re.compile(r"[A-Za-z0-9_-]([A-Za-z0-9._-]*[A-Za-z0-9_-])?")
_TOKEN: Final = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class VaultKey:
    """A token for one server. What it may decrypt is the business of its policy there."""

    address: WebUrl
    token: str = field(repr=False)
    subject: str
    ca: str | None = None

    def data_key(self, about: Metadata) -> bytes | None:
        """See ``keys.Key``."""
        refused: DecryptionFailed | None = None
        for entry in about.masters.get("hc_vault", ()):
            if not self._is_here(entry):
                continue
            try:
                return self._decrypted(entry)
            except DecryptionFailed as exc:
                refused = exc  # another entry may be allowed
        if refused is not None:
            raise refused
        return None

    def names(self) -> tuple[str, ...]:
        """See ``keys.Key``."""
        return (f"Vault at {self.address}",)

    def _is_here(self, entry: Mapping[str, Any]) -> bool:
        try:
            return _address(str(entry.get("vault_address"))) == self.address
        except InvalidDocument:
            return False

    def _decrypted(self, entry: Mapping[str, Any]) -> bytes:
        engine, name = str(entry.get("engine_path")).strip("/"), str(entry.get("key_name"))
        if not all(_NAME.fullmatch(part) for part in (*engine.split("/"), name)):
            raise DecryptionFailed(self.subject, f"{engine}/keys/{name} is no key of Vault")
        path = f"{self.address.path.rstrip('/')}/v1/{engine}/decrypt/{name}"
        status, body = self._asked(path, {"ciphertext": str(entry.get("enc"))})
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            raise KeyServiceUnreachable(str(self.address), f"answers {status}: is it sealed?")
        if status != HTTPStatus.OK:
            raise DecryptionFailed(
                self.subject,
                f"Vault at {self.address} does not decrypt with {engine}/keys/{name} ({status}): "
                "does the token's policy allow it?",
            )
        try:
            return base64.b64decode(orjson.loads(body)["data"]["plaintext"], validate=True)
        except (ValueError, KeyError, TypeError) as exc:
            raise DecryptionFailed(str(self.address), "does not answer as Vault does") from exc

    def _asked(self, path: str, question: Mapping[str, str]) -> tuple[int, bytes]:
        headers = {"X-Vault-Token": self.token, "Content-Type": "application/json"}
        try:
            with closing(self._connection()) as connection:
                connection.request("POST", path, body=orjson.dumps(question), headers=headers)
                answer = connection.getresponse()  # a redirect is an answer: it is not followed
                return answer.status, answer.read(_MOST)
        except ssl.SSLCertVerificationError as exc:
            raise DecryptionFailed(
                str(self.address), f"its TLS is not to be trusted: {exc.verify_message}"
            ) from exc
        except (OSError, http.client.HTTPException) as exc:
            raise KeyServiceUnreachable(str(self.address), f"did not answer: {exc}") from exc

    def _connection(self) -> http.client.HTTPSConnection:
        trusted = ssl.create_default_context(cadata=self.ca)
        return http.client.HTTPSConnection(
            self.address.host, self.address.port, timeout=_SECONDS, context=trusted
        )


def read(declared: DecryptionKey, text: str, subject: str) -> VaultKey:
    """Read a token.

    Raises:
        CredentialRefused: it is none that can be sent.
    """
    token = text.strip()
    if not _TOKEN.fullmatch(token):
        raise CredentialRefused(subject, f"{declared.ref} holds no token of one line")
    return VaultKey(_address(declared.address or ""), token, subject, declared.ca)


def _address(text: str) -> WebUrl:
    return weburl.parse(text.rstrip("/"))
