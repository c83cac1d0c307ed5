"""What the API server says is ours: one line of an object's managedFields.

The server moves the time of a manager's entry only when an apply of that manager changed the
object, and takes a field out of its set when somebody else sets it. So an equal mark means that
an apply was a no-op, and that nobody has touched a field of ours; a change of status, or of a
field of others, leaves it as it is.
"""

from __future__ import annotations

import hashlib
import json

from syncline.model.values import Manifest

FIELD_MANAGER = "syncline"


def mark(live: Manifest) -> str:
    """Return ``<time>|<digest of the field set>`` of our Apply entry, "" where there is none."""
    for entry in live.get("metadata", {}).get("managedFields") or ():
        if entry.get("manager") == FIELD_MANAGER and entry.get("operation") == "Apply":
            fields = json.dumps(entry.get("fieldsV1"), sort_keys=True, separators=(",", ":"))
            return f"{entry.get('time')}|{hashlib.sha256(fields.encode()).hexdigest()[:16]}"
    return ""


def last_writer(live: Manifest) -> str:
    """Who of the others wrote to the object last, by managedFields; "": nobody."""
    others = [
        entry
        for entry in live.get("metadata", {}).get("managedFields") or ()
        if entry.get("manager") != FIELD_MANAGER and not entry.get("subresource")
    ]
    return str(max(others, key=lambda entry: entry.get("time") or "")["manager"]) if others else ""
