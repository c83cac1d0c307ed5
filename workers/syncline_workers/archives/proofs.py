"""What is said to prove who made an archive: fetched once, and judged by the keys of now each time.

Three forms: a payload with a signature beside it (cosign's simple signing), a Sigstore bundle that
holds both, and Helm's provenance file, a text signed in the clear.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

import orjson

MOST: Final = 20
"""Proofs of one archive that are looked at."""

LARGEST: Final = 1_000_000
"""Bytes of one."""


class Form(StrEnum):
    """How it is written. The order means nothing."""

    SIMPLE = "simple"
    BUNDLE = "bundle"
    PROVENANCE = "provenance"


class Proof(NamedTuple):
    """One, as it came; nothing of it is believed yet."""

    form: Form
    digest: str  # 64 digits: what it has to name
    payload: bytes
    signature: bytes = b""


def keep(path: Path, proofs: Iterable[Proof]) -> None:
    """Write them to a file."""
    rows = [
        (form, digest, base64.b64encode(payload).decode(), base64.b64encode(signature).decode())
        for form, digest, payload, signature in proofs
    ]
    path.write_bytes(orjson.dumps(rows))


def kept(path: Path) -> tuple[Proof, ...]:
    """Read what `keep` wrote; nothing where that cannot be read."""
    try:
        rows = orjson.loads(path.read_bytes())
        return tuple(
            Proof(Form(form), digest, base64.b64decode(payload), base64.b64decode(signature))
            for form, digest, payload, signature in rows
        )
    except (OSError, ValueError, TypeError):
        return ()
