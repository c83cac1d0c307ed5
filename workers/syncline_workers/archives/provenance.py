"""Helm's provenance files: a text signed in the clear that names an archive by its digest.

``gpg`` judges, with the listed keys and no others, what was signed apart from its signature: so no
text before, between or after can be taken for signed.
"""

from __future__ import annotations

import base64
import re
from typing import Final

from syncline.errors import LimitExceeded, ManifestInvalid
from syncline.model import yaml
from syncline.model.signature import Signature, Verdict
from syncline_workers import scratch
from syncline_workers.archives.proofs import Proof
from syncline_workers.git import openpgp, verifier
from syncline_workers.git.verifier import Keys

LAYER: Final = "application/vnd.cncf.helm.chart.provenance.v1.prov"
"""The media type of one in a registry."""

_CLEAR: Final = re.compile(
    rb"-----BEGIN PGP SIGNED MESSAGE-----\n(?:Hash: [^\n]*\n)+\n"
    rb"(?P<text>.*)\n"
    rb"(?P<signature>-----BEGIN PGP SIGNATURE-----\n.*-----END PGP SIGNATURE-----)\s*",
    re.DOTALL,
)
_MARK: Final = re.compile(rb"^-----(BEGIN|END) PGP", re.MULTILINE)
_MARKS: Final = 2  # of the signature; in a signed text they begin with a dash and a space
_DASHED: Final = re.compile(rb"^- ", re.MULTILINE)


def judge(subject: str, proof: Proof, keys: Keys) -> Signature:
    """Say what a provenance file is worth.

    Raises:
        InvalidDocument: no listed key can be read.
        RepositoryUnreachable: gpg is not there, or did not end.
    """
    clear = _CLEAR.fullmatch(proof.payload.replace(b"\r\n", b"\n"))
    if clear is None or len(_MARK.findall(clear[0])) != _MARKS + 1:
        return verifier.bad(subject, "its provenance file is no text that was signed in the clear")
    signature = _unarmoured(clear["signature"])
    lines = _DASHED.sub(b"", clear["text"]).split(b"\n")
    text = b"\n".join(line.rstrip(b" \t") for line in lines)
    with scratch.directory("keys") as home:
        (home / "payload").write_bytes(text)
        (home / "signature").write_bytes(signature)
        found = openpgp.judge(subject, home, keys)
    if found.verdict is Verdict.GOOD and proof.digest not in _digests(text):
        why = "its provenance file is of another archive"
        return verifier.bad(subject, why, signer=found.signer, key=found.key, at=found.at)
    return found


def _unarmoured(signature: bytes) -> bytes:
    """Give a signature's bytes: helm leaves out the sum without which gpg misreads an armour."""
    lines = signature.partition(b"\n\n")[2].split(b"\n")[:-1]
    try:
        return base64.b64decode(b"".join(line for line in lines if line[:1] != b"="), validate=True)
    except ValueError:
        return b""  # gpg says that it cannot read it


def _digests(text: bytes) -> set[str]:
    """The digests of the files that it names."""
    _, _, files = text.rpartition(b"\n...\n")
    try:
        documents = yaml.load_all(files, source="a provenance file")
    except (ManifestInvalid, LimitExceeded):
        return set()
    named = documents[0].get("files") if documents and isinstance(documents[0], dict) else None
    values = named.values() if isinstance(named, dict) else ()
    return {str(each).removeprefix("sha256:") for each in values}
