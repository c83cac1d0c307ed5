"""A real registry (`distribution`) on loopback, and pushing to it.

Anonymous, with a password, or with tokens of a service of ours: as the registry's own
configuration has it. It keeps everything in memory.
"""

import base64
import hashlib
import json
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.harness import poll, ports
from tests.harness.charts import helm
from tests.harness.process import Process
from tests.harness.webserver import Reply, WebServer, serving
from tools import programs

CONFIG = "application/vnd.oci.empty.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
PASSWORD = "anna:s3cret"
# bcrypt of s3cret: Python has none
HTPASSWD = "anna:$2b$05$abcdefghijklmnopqrstuuLK7U1u6pVRmL7L1BBM2aS35PSZnDXlK"


@dataclass
class Registry:
    """One that runs."""

    root: Path
    address: str  # host:port
    header: str = ""  # with which its own pushes are let in

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def push_chart(self, archive: Path, name: str) -> None:
        """Push a packaged chart by helm, below ``name``."""
        where = f"oci://{self.address}/{name}"
        helm("push", archive, where, "--plain-http", cwd=self.root)

    def push(
        self,
        name: str,
        tag: str,
        *layers: tuple[str, bytes],
        annotations: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> str:
        """Push an artifact of these layers (media type, bytes); gives its digest."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.blob(name, CONFIG, b"{}"),
            "layers": [self.blob(name, kind, content) for kind, content in layers],
            **({"annotations": dict(annotations)} if annotations else {}),
            **fields,
        }
        return self.manifest(name, tag, manifest)

    def manifest(self, name: str, tag: str, manifest: Mapping[str, Any]) -> str:
        body = json.dumps(manifest).encode()
        self.call("PUT", f"{name}/manifests/{tag}", body, str(manifest["mediaType"]))
        return hashlib.sha256(body).hexdigest()

    def blob(self, name: str, kind: str, content: bytes) -> dict[str, Any]:
        """Push a blob; gives its descriptor."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        location = self.call("POST", f"{name}/blobs/uploads/", b"")["Location"]
        joined = "&" if "?" in location else "?"
        self.call("PUT", f"{location}{joined}digest={digest}", content, "application/octet-stream")
        return {"mediaType": kind, "digest": digest, "size": len(content)}

    def call(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Mapping[str, str]:
        whole = path if path.startswith("http") else f"{self.url}/v2/{path}"
        given = {"Content-Type": kind} if kind else {}
        if self.header:
            given["Authorization"] = self.header
        asked = urllib.request.Request(whole, body, given, method=method)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return dict(answer.headers.items())


@contextmanager
def running(root: Path, *, auth: Mapping[str, Any] | None = None) -> Iterator[Registry]:
    """Start one; ``auth``: that part of its configuration."""
    root.mkdir(parents=True, exist_ok=True)
    address = f"127.0.0.1:{ports.free()}"
    config: dict[str, Any] = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"inmemory": {}},
        "http": {"addr": address, "secret": "of-this-test"},
        **({"auth": dict(auth)} if auth else {}),
    }
    (root / "config.json").write_text(json.dumps(config))  # YAML reads JSON
    program = programs.find("registry").path
    process = Process(program, ["serve", str(root / "config.json")], log=root / "registry.log")
    process.start()
    try:
        poll.until(lambda: _answers(process, address), within=60, what="a registry answers")
        yield Registry(root, address)
    finally:
        process.stop()


def _answers(process: Process, address: str) -> bool:
    process.check()
    try:
        urllib.request.urlopen(f"http://{address}/v2/", timeout=5).close()
    except URLError as exc:
        return getattr(exc, "code", 0) == 401
    return True


@contextmanager
def with_password(root: Path) -> Iterator[Registry]:
    """One that wants `PASSWORD`."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "htpasswd").write_text(f"{HTPASSWD}\n")
    auth = {"htpasswd": {"realm": "test", "path": str(root / "htpasswd")}}
    with running(root, auth=auth) as registry:
        registry.header = f"Basic {base64.b64encode(PASSWORD.encode()).decode()}"
        yield registry


@dataclass
class Tokens:
    """A service that gives out tokens, as registries' own do."""

    web: WebServer
    wants: str = ""  # the Authorization header without which it gives none
    asked: list[Mapping[str, Sequence[str]]] = field(default_factory=list)
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def jwks(self) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        point = {"x": _url(numbers.x.to_bytes(32)), "y": _url(numbers.y.to_bytes(32))}
        return {"keys": [{"kty": "EC", "crv": "P-256", "kid": "one", "alg": "ES256", **point}]}

    def reply(self, path: str) -> Reply:
        asked = parse_qs(urlsplit(path).query)
        self.asked.append(asked)
        if self.wants and self.web.asked[-1][2].get("Authorization") != self.wants:
            return Reply(401, b"")
        token = self.token(asked["scope"][0].split(":")[1], ["pull"])
        return Reply(200, json.dumps({"token": token, "expires_in": 300}).encode())

    def token(self, name: str, actions: Sequence[str]) -> str:
        now = int(time.time())
        head = {"alg": "ES256", "typ": "JWT", "kid": "one"}
        access = [{"type": "repository", "name": name, "actions": list(actions)}]
        claims = {
            "iss": "tests", "aud": "registry", "sub": "anna", "jti": str(now),
            "nbf": now - 60, "iat": now - 60, "exp": now + 300, "access": access,
        }  # fmt: skip
        text = ".".join(_url(json.dumps(part).encode()) for part in (head, claims))
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{_url(r.to_bytes(32) + s.to_bytes(32))}"


@contextmanager
def with_tokens(root: Path) -> Iterator[tuple[Registry, Tokens]]:
    """One that wants tokens, and the service that gives them out."""
    root.mkdir(parents=True, exist_ok=True)
    with serving() as web:
        tokens = Tokens(web)
        web.reply = tokens.reply
        (root / "jwks.json").write_text(json.dumps(tokens.jwks))
        auth = {
            "token": {
                "realm": f"{web.url}/token",
                "service": "registry",
                "issuer": "tests",
                "jwks": str(root / "jwks.json"),
            }
        }
        with running(root, auth=auth) as registry:
            yield registry, tokens


def public_pem(key: Any) -> str:
    """A private key's public half."""
    return str(
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def _url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
