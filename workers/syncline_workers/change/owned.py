"""What the API server says is ours: one line of an object's managedFields.

The server moves the time of a manager's entry only when an apply of that manager changed the
object, and takes a field out of its set when somebody else sets it. So an equal mark means that
an apply was a no-op, and that nobody has touched a field of ours; a change of status, or of a
field of others, leaves it as it is.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from syncline.model.values import Manifest

FIELD_MANAGER = "syncline"


def mark(live: Manifest) -> str:
    """Return ``<time>|<digest of the field set>`` of our Apply entry, "" where there is none."""
    ours = entry(live)
    if ours is None:
        return ""
    fields = json.dumps(ours.get("fieldsV1"), sort_keys=True, separators=(",", ":"))
    return f"{ours.get('time')}|{hashlib.sha256(fields.encode()).hexdigest()[:16]}"


def entry(live: Manifest) -> dict[str, Any] | None:
    """Return our Apply entry; None where there is none."""
    for found in live.get("metadata", {}).get("managedFields") or ():
        if is_ours(found):
            return dict(found)
    return None


def is_ours(found: dict[str, Any]) -> bool:
    """Whether an entry is that of what we apply; a webhook's changes to it are in another one."""
    return found.get("manager") == FIELD_MANAGER and found.get("operation") == "Apply"


def last_writer(live: Manifest) -> str:
    """Who of the others wrote to the object last, by managedFields; "": nobody."""
    others = [
        found
        for found in live.get("metadata", {}).get("managedFields") or ()
        if found.get("manager") != FIELD_MANAGER and not found.get("subresource")
    ]
    return str(max(others, key=lambda found: found.get("time") or "")["manager"]) if others else ""
