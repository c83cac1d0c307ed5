"""What annotations say of an object's order and of hooks: Argo CD's words, Helm's, and our own.

Ours win over Argo CD's, and those over Helm's, each for itself: phase, wave, delete policies. What
cannot be read is an error; a hook of Helm that nothing here ever runs is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from syncline.errors import ManifestInvalid
from syncline.model.change import ref_of
from syncline.model.values import Manifest

HOOK = ("syncline.dev/hook", "argocd.argoproj.io/hook", "helm.sh/hook")
WAVE = ("syncline.dev/wave", "argocd.argoproj.io/sync-wave", "helm.sh/hook-weight")
DELETE = (
    "syncline.dev/hook-delete-policy",
    "argocd.argoproj.io/hook-delete-policy",
    "helm.sh/hook-delete-policy",
)
_KNOWN = frozenset((*HOOK, *WAVE, *DELETE))


class Phase(StrEnum):
    """When a hook runs; in the order of a run, then those apart from it."""

    PRE_SYNC = "PreSync"
    SYNC = "Sync"
    POST_SYNC = "PostSync"
    SYNC_FAIL = "SyncFail"
    PRE_DELETE = "PreDelete"
    POST_DELETE = "PostDelete"
    SKIP = "Skip"


class DeletePolicy(StrEnum):
    """When a hook's object is deleted. Order means nothing."""

    HOOK_SUCCEEDED = "HookSucceeded"
    HOOK_FAILED = "HookFailed"
    BEFORE_HOOK_CREATION = "BeforeHookCreation"


_HELM_PHASES = {
    "pre-install": Phase.PRE_SYNC,
    "pre-upgrade": Phase.PRE_SYNC,
    "post-install": Phase.POST_SYNC,
    "post-upgrade": Phase.POST_SYNC,
    "pre-delete": Phase.PRE_DELETE,
    "post-delete": Phase.POST_DELETE,
    "test": Phase.SKIP,
    "test-success": Phase.SKIP,
    "test-failure": Phase.SKIP,
}
_HELM_PLAIN = "crd-install"  # Helm 2's word for a definition: no hook
_HELM_POLICIES = {
    "hook-succeeded": DeletePolicy.HOOK_SUCCEEDED,
    "hook-failed": DeletePolicy.HOOK_FAILED,
    "before-hook-creation": DeletePolicy.BEFORE_HOOK_CREATION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """What runs at some point of a run, instead of being there for good."""

    manifest: Manifest
    phases: frozenset[Phase]
    wave: int
    policies: frozenset[DeletePolicy]
    unknown: tuple[str, ...] = ()  # words of Helm's that nothing here runs


def is_used(manifests: Iterable[Manifest]) -> bool:
    """Whether any manifest says something of order or hooks."""
    for manifest in manifests:
        annotations = manifest["metadata"].get("annotations")
        if annotations and not _KNOWN.isdisjoint(annotations):
            return True
    return False


def wave_of(manifest: Manifest) -> int:
    """The wave of an object: 0 unless it says otherwise.

    Raises:
        ManifestInvalid: it is no whole number.
    """
    name, text = _first(manifest, WAVE)
    if not name:
        return 0
    try:
        return int(text)
    except ValueError as exc:
        raise _bad(manifest, name, f"{text!r} is no whole number") from exc


def hook_of(manifest: Manifest) -> Hook | None:
    """What kind of hook an object is; None: it is there for good.

    Raises:
        ManifestInvalid: an annotation that cannot be read.
    """
    name, text = _first(manifest, HOOK)
    words = _words(text)
    if not name or words == [_HELM_PLAIN]:
        return None
    is_helms = name == HOOK[-1]
    phases, unknown = _helms(words) if is_helms else (_phases(manifest, name, words), ())
    return Hook(
        manifest=manifest,
        phases=phases,
        wave=wave_of(manifest),
        policies=_policies(manifest),
        unknown=unknown,
    )


def short(manifest: Manifest) -> str:
    """Name an object for people."""
    return ref_of(manifest).key.short


def _helms(words: list[str]) -> tuple[frozenset[Phase], tuple[str, ...]]:
    found = frozenset(_HELM_PHASES[word] for word in words if word in _HELM_PHASES)
    unknown = tuple(word for word in words if word not in (*_HELM_PHASES, _HELM_PLAIN))
    return found - {Phase.SKIP} or frozenset({Phase.SKIP}), unknown


def _phases(manifest: Manifest, name: str, words: list[str]) -> frozenset[Phase]:
    bad = [word for word in words if word not in set(Phase)]
    if bad or not words:
        raise _bad(manifest, name, f"{', '.join(bad) or 'nothing'} is none of {', '.join(Phase)}")
    phases = frozenset(Phase(word) for word in words)
    return frozenset({Phase.SKIP}) if Phase.SKIP in phases else phases


def _policies(manifest: Manifest) -> frozenset[DeletePolicy]:
    name, text = _first(manifest, DELETE)
    if not name:
        return frozenset({DeletePolicy.BEFORE_HOOK_CREATION})
    own = {policy.value: policy for policy in DeletePolicy}
    known: Mapping[str, DeletePolicy] = _HELM_POLICIES if name == DELETE[-1] else own
    words = _words(text)
    bad = [word for word in words if word not in known]
    if bad or not words:
        raise _bad(manifest, name, f"{', '.join(bad) or 'nothing'} is none of {', '.join(known)}")
    return frozenset(known[word] for word in words)


def _first(manifest: Manifest, names: tuple[str, ...]) -> tuple[str, str]:
    annotations = manifest["metadata"].get("annotations")
    if annotations:
        for name in names:
            if name in annotations:
                return name, annotations[name] or ""
    return "", ""


def _words(text: str) -> list[str]:
    return [word for part in text.split(",") if (word := part.strip())]


def _bad(manifest: Manifest, name: str, why: str) -> ManifestInvalid:
    return ManifestInvalid(short(manifest), f"annotation {name}: {why}")
