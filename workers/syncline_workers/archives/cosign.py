"""Cosign's signatures with a key, judged by the listed public keys and no others.

What is signed must name the digest, and say that it is a signature of an artifact: an attestation
(a list of parts, a scan) by the same key is none. Neither a transparency log nor a certificate is
asked: a key counts because it is listed.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from syncline.errors import InvalidDocument
from syncline.model.signature import Signature, Verdict
from syncline_workers.archives.proofs import Form, Proof
from syncline_workers.git import verifier

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

SIMPLE: Final = "application/vnd.dev.cosign.simplesigning.v1+json"
ANNOTATION: Final = "dev.cosignproject.cosign/signature"
BUNDLE: Final = "application/vnd.dev.sigstore.bundle"
"""How the media type of a bundle begins, of any version."""

_SIGNATURE: Final = "cosign container image signature"
_PREDICATE: Final = "https://sigstore.dev/cosign/sign/v1"
_STATEMENT: Final = "application/vnd.in-toto+json"
_WEAKEST: Final = 2048  # bits of an RSA key


def judge(subject: str, proof: Proof, pems: Sequence[str], *, about: str) -> Signature:
    """Say what a proof is worth.

    Raises:
        InvalidDocument: a listed key cannot be read, or is too weak.
    """
    parts = _parts(proof)
    if parts is None:
        return verifier.bad(subject, "it cannot be read as cosign writes it")
    named, signed, signatures = parts
    for key in (_key(pem, about) for pem in pems):
        if any(_fits(key, signature, signed) for signature in signatures):
            fingerprint = _fingerprint(key)
            if named != proof.digest:
                return verifier.bad(subject, "it is of something else", key=fingerprint)
            return Signature(subject=subject, verdict=Verdict.GOOD, key=fingerprint)
    return verifier.bad(subject, verifier.UNLISTED)


def _parts(proof: Proof) -> tuple[str, bytes, list[bytes]] | None:
    """The digest that is named, what was signed, and the signatures; None: it is none."""
    try:
        if proof.form is Form.SIMPLE:
            return _named(json.loads(proof.payload)), proof.payload, [proof.signature]
        envelope = json.loads(proof.payload)["dsseEnvelope"]
        if envelope["payloadType"] != _STATEMENT:
            return None
        payload = base64.b64decode(envelope["payload"], validate=True)
        signatures = [base64.b64decode(each["sig"]) for each in envelope["signatures"]]
        return _stated(json.loads(payload)), _encoded(_STATEMENT, payload), signatures
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _named(payload: Mapping[str, Any]) -> str:
    critical = payload["critical"]
    if critical["type"] != _SIGNATURE:
        raise ValueError(critical["type"])
    return str(critical["image"]["docker-manifest-digest"]).removeprefix("sha256:")


def _stated(statement: Mapping[str, Any]) -> str:
    if statement["predicateType"] != _PREDICATE:
        raise ValueError(statement["predicateType"])
    (subject,) = statement["subject"]
    return str(subject["digest"]["sha256"])


def _encoded(kind: str, payload: bytes) -> bytes:
    """What is signed of an envelope (DSSE, version 1)."""
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)


def _key(pem: str, about: str) -> PublicKeyTypes:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 -- few need it
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415

    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise InvalidDocument(about, f"spec.verify: a public key (PEM) is none: {exc}") from exc
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _WEAKEST:
        raise InvalidDocument(about, f"spec.verify: an RSA key has {key.key_size} bits: too few")
    if not isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey):
        raise InvalidDocument(about, "spec.verify: a public key is none of ECDSA, Ed25519, RSA")
    return key


def _fits(key: PublicKeyTypes, signature: bytes, signed: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 -- few need it

    for attempt in _ways(key):
        try:
            attempt(signature, signed)
        except InvalidSignature:
            continue
        return True
    return False


def _ways(key: PublicKeyTypes) -> Iterator[Callable[[bytes, bytes], None]]:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 -- few need it
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa  # noqa: PLC0415

    if isinstance(key, ec.EllipticCurvePublicKey):
        yield lambda one, signed: key.verify(one, signed, ec.ECDSA(hashes.SHA256()))
    elif isinstance(key, ed25519.Ed25519PublicKey):
        yield key.verify
    elif isinstance(key, rsa.RSAPublicKey):
        yield lambda one, signed: key.verify(one, signed, padding.PKCS1v15(), hashes.SHA256())


def _fingerprint(key: PublicKeyTypes) -> str:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 -- few need it

    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"SHA256:{base64.b64encode(hashlib.sha256(der).digest()).decode().rstrip('=')}"
