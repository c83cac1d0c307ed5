"""Vault's transit engine over HTTPS on loopback: real encryption, tokens, and Vault's own answers.

One key lasts as long as the server, or as long as whoever gives it: what was encrypted at one is
decrypted at another that has the same.
"""

import base64
import json
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.harness.tls import Certificate

_VERSION = "vault:v1:"


@dataclass
class Transit:
    """One server. A token may use the keys that it is given, by ``engine/name``."""

    tokens: dict[str, set[str]]
    key: bytes = field(default_factory=lambda: os.urandom(32))
    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)  # path, token
    down: bool = False  # answers as one that is sealed

    def answer(self, path: str, token: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """As Vault answers ``POST /v1/ENGINE/encrypt/NAME`` and ``…/decrypt/NAME``."""
        self.asked.append((path, token))
        if self.down:
            return 503, {"errors": ["Vault is sealed"]}
        engine, verb, name = path.removeprefix("/v1/").rsplit("/", 2)
        if f"{engine}/{name}" not in self.tokens.get(token, set()):
            return 403, {"errors": ["1 error occurred:\n\t* permission denied\n\n"]}
        if verb == "encrypt":
            nonce = os.urandom(12)
            plain = base64.b64decode(body["plaintext"])
            sealed = nonce + AESGCM(self.key).encrypt(nonce, plain, name.encode())
            text = _VERSION + base64.b64encode(sealed).decode()
            return 200, {"data": {"ciphertext": text, "key_version": 1}}
        try:
            sealed = base64.b64decode(body["ciphertext"].removeprefix(_VERSION))
            plain = AESGCM(self.key).decrypt(sealed[:12], sealed[12:], name.encode())
        except (InvalidTag, ValueError):
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, {"data": {"plaintext": base64.b64encode(plain).decode()}}


@contextmanager
def serving(transit: Transit, shown: Certificate) -> Iterator[Transit]:
    """Serve it on a free port, with this certificate."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            token = self.headers.get("X-Vault-Token", "")
            status, found = transit.answer(self.path, token, body)
            text = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_PUT = do_POST  # noqa: N815 - the server's naming; Vault's own client writes by PUT

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(shown.certificate, shown.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    transit.url = f"https://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield transit
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
