"""How the manifests of a run differ from those of the run before, as one text with a name.

The name is a digest of what is shown: runs that changed the same share one text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import orjson
from pydantic import TypeAdapter

from syncline.model.change import Difference

_READ = TypeAdapter(tuple[Difference, ...])


def written(found: Sequence[Difference]) -> bytes:
    """Write differences; equal ones give equal texts."""
    return orjson.dumps([each.model_dump(mode="json", exclude_defaults=True) for each in found])


def read(text: bytes) -> tuple[Difference, ...]:
    """Read what ``written`` wrote."""
    return _READ.validate_json(text)


def digest(text: bytes) -> str:
    """Name a text: 16 hex digits, for each run of each target keeps one."""
    return hashlib.sha256(text).hexdigest()[:16]
