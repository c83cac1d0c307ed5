"""The hooks that a target's deletion runs, kept since its last sync: a deletion needs no Git.

They may hold a Secret, so they are sealed with the platform key.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable

import orjson

from syncline.errors import CredentialRefused
from syncline.model.run import Claim
from syncline.model.seal import PlatformKey
from syncline.model.values import Manifest
from syncline_workers.change import hooks as hooking
from syncline_workers.change.hidden import NOTHING, Hidden
from syncline_workers.change.hooks import Hook, Phase

_OF_DELETION = frozenset({Phase.PRE_DELETE, Phase.POST_DELETE})


def kept(claim: Claim, key: PlatformKey) -> tuple[Hook, ...]:
    """The hooks that were kept for this target."""
    if not claim.rites:
        return ()
    text = key.open(b64decode(claim.rites), purpose=_purpose(claim))
    found = (hooking.hook_of(manifest) for manifest in orjson.loads(text))
    return tuple(hook for hook in found if hook is not None)


def withheld(hooks: Iterable[Hook], hidden: Hidden) -> list[Hook]:
    """Hooks of a deletion that hold a decrypted value: these are kept nowhere, also not sealed."""
    if not hidden:
        return []
    found = (hook for hook in hooks if hook.phases & _OF_DELETION)
    return [hook for hook in found if hidden.shown(hook.manifest) != hook.manifest]


def to_keep(
    claim: Claim, key: PlatformKey, hooks: Iterable[Hook], hidden: Hidden = NOTHING
) -> str | None:
    """What a report tells of them: None where nothing changed, "" where there are none any more."""
    hooks = tuple(hooks)
    left = withheld(hooks, hidden)
    manifests = [hook.manifest for hook in hooks if hook.phases & _OF_DELETION and hook not in left]
    if manifests == _known(claim, key):
        return None
    if not manifests:
        return ""
    return b64encode(key.seal(orjson.dumps(manifests), purpose=_purpose(claim))).decode()


def _known(claim: Claim, key: PlatformKey) -> list[Manifest] | None:
    try:
        return [hook.manifest for hook in kept(claim, key)]
    except CredentialRefused:  # sealed with a key that is no more
        return None


def _purpose(claim: Claim) -> str:
    return f"rites:{claim.lease.target}"
