"""Signs artifacts in a registry as cosign does with a key: by a tag, or by a referrer."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from tests.harness.registry import CONFIG, MANIFEST, Registry

SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
STATEMENT = "application/vnd.in-toto+json"
SIGN = "https://sigstore.dev/cosign/sign/v1"


@dataclass
class Cosigner:
    """One who has a key."""

    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def of(cls, kind: str) -> "Cosigner":
        if kind == "ed25519":
            return cls(ed25519.Ed25519PrivateKey.generate())
        if kind.startswith("rsa"):
            return cls(rsa.generate_private_key(65537, int(kind[3:] or 2048)))
        return cls()

    @property
    def public(self) -> str:
        """What cosign.pub holds."""
        plain = serialization.PublicFormat.SubjectPublicKeyInfo
        return str(self.key.public_key().public_bytes(serialization.Encoding.PEM, plain).decode())

    def sign(self, payload: bytes) -> bytes:
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(payload, ec.ECDSA(hashes.SHA256()))
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(payload, padding.PKCS1v15(), hashes.SHA256())
        return bytes(self.key.sign(payload))

    def beside(
        self,
        registry: Registry,
        name: str,
        digest: str,
        *,
        of: str = "",
        kind: str = "cosign container image signature",
    ) -> None:
        """Sign it by the tag `sha256-….sig`; `of`: what is named instead."""
        critical = {
            "identity": {"docker-reference": f"{registry.address}/{name}"},
            "image": {"docker-manifest-digest": f"sha256:{of or digest}"},
            "type": kind,
        }
        payload = json.dumps({"critical": critical, "optional": None}).encode()
        layer = registry.blob(name, SIMPLE, payload)
        signature = base64.b64encode(self.sign(payload)).decode()
        notes = {"dev.cosignproject.cosign/signature": signature}
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": registry.blob(name, CONFIG, b"{}"),
            "layers": [{**layer, "annotations": notes}],
        }
        registry.manifest(name, f"sha256-{digest}.sig", manifest)

    def referring(
        self, registry: Registry, name: str, digest: str, *, of: str = "", predicate: str = SIGN
    ) -> None:
        """Sign it by a bundle that refers to it; the registry lists referrers by a tag."""
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"digest": {"sha256": of or digest}}],
            "predicateType": predicate,
            "predicate": {},
        }
        payload = json.dumps(statement).encode()
        head = f"DSSEv1 {len(STATEMENT)} {STATEMENT} {len(payload)} ".encode()
        envelope = {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": STATEMENT,
            "signatures": [{"sig": base64.b64encode(self.sign(head + payload)).decode()}],
        }
        bundle = {"mediaType": BUNDLE, "verificationMaterial": {}, "dsseEnvelope": envelope}
        layer = registry.blob(name, BUNDLE, json.dumps(bundle).encode())
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": BUNDLE,
            "config": registry.blob(name, CONFIG, b"{}"),
            "layers": [layer],
            "subject": {"mediaType": MANIFEST, "digest": f"sha256:{digest}", "size": 1},
        }
        made = registry.manifest(name, f"bundle-{digest[:12]}", manifest)
        entry = {
            "mediaType": MANIFEST,
            "digest": f"sha256:{made}",
            "size": 1,
            "artifactType": BUNDLE,
        }
        kind = "application/vnd.oci.image.index.v1+json"
        index = {"schemaVersion": 2, "mediaType": kind, "manifests": [entry]}
        registry.manifest(name, f"sha256-{digest}", index)
