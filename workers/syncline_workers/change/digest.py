"""A keyed digest of a manifest: equal digests mean that there is nothing to apply."""

from __future__ import annotations

import orjson

from syncline.errors import ManifestInvalid
from syncline.model.seal import PlatformKey
from syncline.model.values import Manifest

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME


def digest(key: PlatformKey, manifest: Manifest) -> str:
    """Return the digest of the canonical JSON, 32 hex digits.

    Keyed, so that nobody without the platform key can test guesses of a Secret against it.

    Raises:
        ManifestInvalid: as ``encode``.
    """
    return key.digest(encode(manifest))


def encode(manifest: Manifest) -> bytes:
    """Return canonical JSON: sorted keys, no spaces.

    Raises:
        ManifestInvalid: a value that JSON does not have, or a key that is no text.
    """
    try:
        return orjson.dumps(manifest, option=_OPTIONS)
    except TypeError as exc:
        raise ManifestInvalid(
            f"{manifest.get('kind')}/{manifest.get('metadata', {}).get('name')}",
            f"cannot be written as JSON ({exc}): quote keys and dates in the YAML",
        ) from exc
