"""What annotations of Argo CD, Flux and Helm mean here; docs/apply.md lists them all.

What is not in here is not understood, and told. Words are compared without case, as Flux does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from syncline_workers.change.wishes import Applies, Going, Wishes

ARGO_SYNC = "argocd.argoproj.io/sync-options"
HELM_POLICY = "helm.sh/resource-policy"
FLUX_PRUNE = "kustomize.toolkit.fluxcd.io/prune"
FLUX_SSA = "kustomize.toolkit.fluxcd.io/ssa"
FLUX_FORCE = "kustomize.toolkit.fluxcd.io/force"
FLUX_RECONCILE = "kustomize.toolkit.fluxcd.io/reconcile"

FLUX = frozenset({FLUX_PRUNE, FLUX_SSA, FLUX_FORCE, FLUX_RECONCILE})
"""These may be labels, too."""

KNOWN = FLUX | {ARGO_SYNC, HELM_POLICY}

_LISTS = {ARGO_SYNC, HELM_POLICY}  # of words, with commas between


def read(found: Iterable[tuple[str, str]]) -> Wishes:
    """Read what annotations of these names wish, and note what is not understood."""
    wishes = Wishes()
    for key, value in found:
        for word in _words(key, value):
            act = _MEANINGS.get((key, word.lower()))
            if act is not None:
                act(wishes)
            elif word.partition("=")[0].lower() not in _IDLE.get(key, ()):
                wishes.unknown.append(f"{key}: {word}")
    return wishes


def _words(key: str, value: str) -> list[str]:
    words = value.split(",") if key in _LISTS else [value]
    return [word.strip() for word in words if word.strip()]


def _nothing(_: Wishes) -> None:
    """It is so anyway."""


def _careful(attribute: str, going: Going) -> Callable[[Wishes], None]:
    """The more careful of two counts, whoever says it."""

    def act(wishes: Wishes) -> None:
        now = getattr(wishes, attribute) or Going.YES
        setattr(wishes, attribute, max(now, going, key=list(Going).index))

    return act


def _never(wishes: Wishes) -> None:
    wishes.applies = Applies.NEVER


def _disabled(wishes: Wishes) -> None:
    _never(wishes)
    wishes.stay()


def _if_absent(wishes: Wishes) -> None:
    wishes.applies = wishes.applies or Applies.IF_ABSENT


def _shares(wishes: Wishes) -> None:
    wishes.shares = True


def _recreates(wishes: Wishes) -> None:
    wishes.recreate = True


def _later(wishes: Wishes) -> None:
    wishes.may_come_later = True


_MEANINGS: Mapping[tuple[str, str], Callable[[Wishes], None]] = {
    (ARGO_SYNC, "prune=true"): _nothing,
    (ARGO_SYNC, "prune=false"): _careful("prune", Going.NO),
    (ARGO_SYNC, "prune=confirm"): _careful("prune", Going.CONFIRM),
    (ARGO_SYNC, "delete=true"): _nothing,
    (ARGO_SYNC, "delete=false"): _careful("delete", Going.NO),
    (ARGO_SYNC, "delete=confirm"): _careful("delete", Going.CONFIRM),
    (ARGO_SYNC, "force=true"): _recreates,
    (ARGO_SYNC, "force=false"): _nothing,
    (ARGO_SYNC, "skipdryrunonmissingresource=true"): _later,
    (ARGO_SYNC, "skipdryrunonmissingresource=false"): _nothing,
    (ARGO_SYNC, "clientsideapplymigration=false"): _shares,
    (HELM_POLICY, "keep"): Wishes.stay,
    (FLUX_PRUNE, "disabled"): Wishes.stay,
    (FLUX_PRUNE, "enabled"): _nothing,
    (FLUX_SSA, "override"): _nothing,
    (FLUX_SSA, "merge"): _shares,
    (FLUX_SSA, "ifnotpresent"): _if_absent,
    (FLUX_SSA, "ignore"): _never,
    (FLUX_FORCE, "enabled"): _recreates,
    (FLUX_FORCE, "disabled"): _nothing,
    (FLUX_RECONCILE, "disabled"): _disabled,
    (FLUX_RECONCILE, "enabled"): _nothing,
}
"""(key, word in lower case) → what it means here."""

_IDLE = {
    ARGO_SYNC: {
        "applyoutofsynconly",
        "clientsideapplymigration",
        "createnamespace",
        "failonsharedresource",
        "prunelast",
        "prunepropagationpolicy",
        "replace",
        "respectignoredifferences",
        "serversideapply",
        "validate",
    }
}
"""Options without an effect, whatever their value: docs/apply.md says why."""
