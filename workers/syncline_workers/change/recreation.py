"""Whether an object may be deleted and made anew, where a field of it cannot be changed."""

from __future__ import annotations

from syncline.model.application import SyncPolicy
from syncline.model.change import ref_of
from syncline.model.values import Manifest
from syncline_workers.change import tracking, wished
from syncline_workers.change.tracking import Origin
from syncline_workers.change.wishes import Going, Wishes

PRECIOUS = {
    ("", "Namespace"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
}
"""Their deletion takes more along than themselves: only the object itself can consent."""

_CONSENT = f'the annotation {wished.RECREATE}: "true"'


def hindrance(policy: SyncPolicy, wishes: Wishes, live: Manifest, origin: Origin) -> str:
    """Why an object may not be made anew, and what would allow it; "" where it may.

    Args:
        policy: the application's.
        wishes: the manifest's.
        live: the object as it is.
        origin: who wants it anew.
    """
    stands = wished.read_live(live)
    if wishes.recreate is False or stands.recreate is False:
        return f"it is not made anew: {wished.RECREATE} forbids it"
    if wishes.recreate:
        return ""
    ref = ref_of(live)
    if (ref.group, ref.kind) in PRECIOUS:
        return f"a {ref.kind} is made anew only where {_CONSENT} of its manifest allows it"
    if not policy.recreate:
        return f"it is made anew only where syncPolicy.recreate, or {_CONSENT}, allows it"
    is_protected = {stands.prune, stands.delete} - {None, Going.YES}
    if is_protected or not tracking.is_ours(live, origin):
        why = "protected" if is_protected else "not ours"
        return f"the live object is {why}: it is made anew only where {_CONSENT} allows it"
    return ""
