"""The marks on each applied object that tell whose it is: a label to list by, and the origin.

The label is a hash, because label values end at 63 characters. Controllers copy labels (and some
copy annotations) to objects of their own making; so the origin also names the object that it was
written on, and an object that it does not name is never taken for ours.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from syncline.model.change import ref_of
from syncline.model.names import application_name
from syncline.model.values import Manifest

LABEL = "syncline.dev/target"
ANNOTATION = "syncline.dev/origin"

_FIELDS = ("installation", "project", "application")


@dataclass(frozen=True, slots=True)
class Origin:
    """Which application of which installation declares an object."""

    installation: str
    project: str
    application: str

    @property
    def name(self) -> str:
        """``project/app``; the project ``default`` is left out."""
        return application_name(self.project, self.application)

    @property
    def label(self) -> str:
        """The value of the label: 32 hex digits."""
        text = f"{self.installation}/{self.project}/{self.application}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    @property
    def selector(self) -> str:
        """The label selector of all objects of this application."""
        return f"{LABEL}={self.label}"


def stamp(manifest: Manifest, origin: Origin) -> Manifest:
    """Return the manifest with label and annotation; the given one stays as it is."""
    meta = manifest["metadata"]
    labels = {**(meta.get("labels") or {}), LABEL: origin.label}
    annotations = {**(meta.get("annotations") or {}), ANNOTATION: _text(manifest, origin)}
    return {**manifest, "metadata": {**meta, "labels": labels, "annotations": annotations}}


def is_ours(live: Manifest, origin: Origin) -> bool:
    """Whether the object says that it is declared by this application, and means itself."""
    annotations = live["metadata"].get("annotations") or {}
    written = _parse(annotations.get(ANNOTATION, ""))
    return written is not None and written == _parse(_text(live, origin))


def origin_of(live: Manifest) -> Origin | None:
    """Who declares the object; None where nobody does, or where the mark was copied to it."""
    written = _parse((live["metadata"].get("annotations") or {}).get(ANNOTATION, ""))
    if written is None or written.get("object") != str(ref_of(live)):
        return None
    return Origin(*(str(written.get(name, "")) for name in _FIELDS))


def _text(manifest: Manifest, origin: Origin) -> str:
    return orjson.dumps(
        {
            "installation": origin.installation,
            "project": origin.project,
            "application": origin.application,
            "object": str(ref_of(manifest)),
        }
    ).decode()


def _parse(text: str) -> dict[str, Any] | None:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None
