"""Hooks of a step: each is looked up before it is made, so that none runs twice for a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from syncline.errors import HookFailed, SynclineError, Transient
from syncline.health.verdict import Health, healthy, progressing
from syncline.model.change import Action, Change, InventoryEntry, ObjectRef, ref_of
from syncline.model.status import HealthStatus
from syncline.model.values import Manifest
from syncline_workers.change import instance, order, tracking
from syncline_workers.change.hooks import DeletePolicy, Hook
from syncline_workers.change.tracking import Origin
from syncline_workers.cluster import parallel
from syncline_workers.cluster.parallel import Result
from syncline_workers.pipeline import completion, stuck
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """A hook as one phase of a run makes it."""

    hook: Hook
    manifest: Manifest
    ref: ObjectRef


class Held(NamedTuple):
    """What a step waits for."""

    ref: ObjectRef
    health: Health


class _Seen(NamedTuple):
    live: Manifest | None  # None: an object of an earlier run is still going
    health: Health
    action: Action | None = None


def instances(
    hooks: Iterable[Hook], *, phase: str, run: str, origin: Origin
) -> tuple[Launched, ...]:
    """The objects of hooks for one phase of a run."""
    made = ((hook, instance.made(hook, phase=phase, run=run, origin=origin)) for hook in hooks)
    return tuple(Launched(hook=hook, manifest=m, ref=ref_of(m)) for hook, m in made)


def launch(attempt: Attempt, api: Api, launched: Sequence[Launched], *, known: bool) -> list[Held]:
    """Make what is not there yet, kinds in their order, and say what has not ended.

    Args:
        attempt: the attempt.
        api: the cluster.
        launched: the hooks of the step.
        known: what the inventory tells of them is of this step: an earlier attempt paused at it.

    Raises:
        HookFailed: one came to a bad end, or cannot run.
    """
    by_manifest = {id(item.manifest): item for item in launched}
    held: list[Held] = []
    for stage in order.stages(item.manifest for item in launched):
        held += _stage(attempt, api, [by_manifest[id(m)] for m in stage.manifests], known=known)
    return held


def remove(attempt: Attempt, api: Api, launched: Sequence[Launched], *, run: str) -> None:
    """Delete hooks' objects of this run whose end is known, where their policies say so."""

    def one(item: Launched) -> Change | None:
        live = api.get(item.ref)
        if live is None or not instance.is_of(live, run):
            return Change(ref=item.ref, action=Action.SKIPPED)
        if not _is_to_go(attempt, item, live):
            return None
        api.delete(item.ref, uid=live["metadata"]["uid"])
        return Change(ref=item.ref, action=Action.DELETED)

    for result, item in zip(_each(attempt, launched, one), launched, strict=True):
        if result.value is not None:
            attempt.forget(item.ref.key)
            if result.value.action is Action.DELETED:
                attempt.changes.append(result.value)
        if result.error is not None:
            raise result.error


def _is_to_go(attempt: Attempt, item: Launched, live: Manifest) -> bool:
    health = completion.judge(live, attempt.rules)
    if completion.has_failed(item.ref, health):
        return DeletePolicy.HOOK_FAILED in item.hook.policies
    is_done = health.status is HealthStatus.HEALTHY
    return is_done and DeletePolicy.HOOK_SUCCEEDED in item.hook.policies


def _stage(attempt: Attempt, api: Api, launched: list[Launched], *, known: bool) -> list[Held]:
    def one(item: Launched) -> _Seen:
        with attempt.part("run hook", item.ref):
            return _ensure(attempt, api, item, known=known)

    first: SynclineError | None = None
    held: list[Held] = []
    for item, result in zip(launched, _each(attempt, launched, one), strict=True):
        if result.value is not None:
            _note(attempt, item, result.value)
            if completion.has_failed(item.ref, result.value.health):
                first = first or _bad_end(api, item, result.value)
            elif result.value.health.status is not HealthStatus.HEALTHY:
                held.append(Held(item.ref, result.value.health))
        first = first or result.error
        attempt.unsure = attempt.unsure or isinstance(result.error, Transient)
    attempt.heart.check()
    if first is not None:
        raise first
    return held


def _each(
    attempt: Attempt, launched: Sequence[Launched], one: Callable[[Launched], R]
) -> list[Result[R]]:
    return parallel.each(
        launched,
        one,
        width=attempt.claim.cluster.spec.max_requests,
        should_stop=lambda: not attempt.heart.alive(),
    )


def _ensure(attempt: Attempt, api: Api, item: Launched, *, known: bool) -> _Seen:
    """Find the hook's object, or make it."""
    entry = attempt.known(item.ref.key) if known else None
    is_made = entry is not None and bool(entry.uid)
    if entry is not None and is_made and entry.health is HealthStatus.HEALTHY:
        return _Seen(None, healthy())
    live, labels = api.get(item.ref), item.manifest["metadata"]["labels"]
    if live is not None and instance.is_of(live, labels[instance.RUN], labels[instance.PHASE]):
        return _Seen(live, completion.judge(live, attempt.rules))
    if is_made:
        raise HookFailed(
            item.ref.key.short,
            "was deleted before its end was seen: nobody knows how it ended. Where it deletes "
            "itself, give it more time (ttlSecondsAfterFinished), then sync again",
        )
    if live is not None and _is_to_be_replaced(item) and not _has_gone(api, item, live):
        why = "the object of an earlier run is being deleted"
        return _Seen(None, progressing("Deleting", why))
    attempt.heart.check()
    made = api.apply(item.manifest, force=True)
    return _Seen(
        made, completion.judge(made, attempt.rules), Action.CONFIGURED if live else Action.CREATED
    )


def _is_to_be_replaced(item: Launched) -> bool:
    policies = item.hook.policies
    return DeletePolicy.BEFORE_HOOK_CREATION in policies or completion.runs_once(item.ref)


def _has_gone(api: Api, item: Launched, live: Manifest) -> bool:
    if not live["metadata"].get("deletionTimestamp"):
        is_ours = tracking.origin_of(live) == tracking.origin_of(item.manifest)
        if not is_ours and not instance.is_any(live):
            raise HookFailed(
                item.ref.key.short,
                "is there already, and is no hook: delete it, or give the hook another name",
            )
        api.delete(item.ref, uid=live["metadata"]["uid"])
    return api.get(item.ref) is None


def _note(attempt: Attempt, item: Launched, seen: _Seen) -> None:
    if seen.action is not None:
        attempt.changes.append(Change(ref=item.ref, action=seen.action, message="hook"))
    if seen.live is not None:
        attempt.remember(entry_of(item.ref, seen.live, seen.health))


def entry_of(ref: ObjectRef, live: Manifest | None, health: Health | None) -> InventoryEntry:
    """What to remember of a hook's object."""
    meta = live["metadata"] if live else {}
    return InventoryEntry(
        ref=ref,
        uid=meta.get("uid", ""),
        resource_version=meta.get("resourceVersion", ""),
        health=health and health.status,
        hook=True,
    )


def _bad_end(api: Api, item: Launched, seen: _Seen) -> HookFailed:
    health = stuck.ask(api, seen.live, seen.health) if seen.live else seen.health
    return HookFailed(item.ref.key.short, f"{health.reason}: {health.message}")
