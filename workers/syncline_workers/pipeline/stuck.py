"""Why a roll-out is stuck: asked of its Pods, and of Events where Pods do not say it.

Two requests for a workload at most, and only of one that is Degraded, or has been on its way for
longer than most take. A credential that may not list Pods or Events costs the reason, not the look.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from weakref import WeakKeyDictionary

import structlog

from syncline import logs
from syncline.errors import CredentialRefused, SynclineError
from syncline.health import reading
from syncline.health.stuck import events, pods, workload
from syncline.health.stuck.why import Why
from syncline.health.verdict import Health
from syncline.model.change import ObjectRef
from syncline.model.names import ObjectKey
from syncline.model.status import HealthStatus
from syncline.model.values import Manifest
from syncline_workers.pipeline.ports import Api

log = structlog.get_logger(__name__)

PATIENCE = 15.0  # seconds: what is on its way for no longer is not asked for reasons
_MOST = 50  # workloads of one look
_WITHIN = 10.0  # seconds of one look, after which no further workload is asked about
_PODS, _EVENTS = 50, 100  # objects of one answer; Events come with the oldest first
_MESSAGE = 400  # characters
_REFUSED_FOR = 600.0  # seconds

_SECRET = re.compile(
    r"(?i)((?:passw(?:or)?d|\w*(?:secret|token|api_?key))\s*=\s*|passw(?:or)?d\s*:\s*)"
    r"(?:\"[^\"]*\"|'[^']*'|[^\s,;]+)"
)
"""What programs write as they end is theirs: a password in it is not to be told."""

_POD = ObjectRef(group="", version="v1", kind="Pod", name="any")
_EVENT = ObjectRef(group="", version="v1", kind="Event", name="any")

_refused: WeakKeyDictionary[Api, dict[tuple[str, str], float]] = WeakKeyDictionary()
"""(kind, namespace) that the credential may not list → until when nobody asks (monotonic)."""


def is_stuck(health: Health, seconds: float) -> bool:
    """Whether somebody who waits for so long wants to know why."""
    if health.status is HealthStatus.PROGRESSING:
        return seconds >= PATIENCE
    return health.status is HealthStatus.DEGRADED


def explain(
    api: Api, suspects: Iterable[tuple[ObjectKey, Manifest, Health]]
) -> dict[ObjectKey, Health]:
    """Say why, of so many as one look may ask about; what nobody can tell of is left out."""
    until = time.monotonic() + _WITHIN
    told: dict[ObjectKey, Health] = {}
    for key, live, health in islice(suspects, _MOST):
        if time.monotonic() > until:
            break
        told[key] = ask(api, live, health)
    return told


def find(api: Api, ref: ObjectRef, health: Health) -> Health:
    """The same of one object that is not at hand."""
    if not workload.may_have_pods(ref.group, ref.kind) or not is_stuck(health, PATIENCE):
        return health
    try:
        live = api.get(ref)
    except SynclineError:
        return health
    return ask(api, live, health) if live else health


def ask(api: Api, live: Manifest, health: Health) -> Health:
    """Return what was judged, with the reason where it can be had."""
    if live["metadata"].get("deletionTimestamp"):
        return health
    if reading.is_true(reading.conditions(live).get("ReplicaFailure")):
        return health  # its Pods are refused, and it says so itself
    try:
        why = _pod(api, live) if workload.is_pod(live) else _pods(api, live)
    except SynclineError:
        return health  # it was judged all the same
    return _joined(live, health, why) if why else health


def _pod(api: Api, live: Manifest) -> Why | None:
    return _more(api, live["metadata"].get("namespace") or "", pods.of_one(live))


def _pods(api: Api, live: Manifest) -> Why | None:
    labels, namespace = workload.selector(live), live["metadata"].get("namespace") or ""
    if not labels:
        return None
    found = _list(api, _POD, namespace, labels=labels, most=_PODS)
    if found is None:
        return None
    if (told := pods.why(found)) is not None:
        return _more(api, namespace, told)
    if len(found) >= min(workload.wanted(live), _PODS):
        return None
    return events.of_workload(_warnings(api, namespace, live["metadata"]["uid"]))


def _more(api: Api, namespace: str, told: Why | None) -> Why | None:
    if told is None or not told.uid:
        return told
    return events.of_pod(told, _warnings(api, namespace, told.uid))


def _warnings(api: Api, namespace: str, uid: str) -> list[Manifest]:
    fields = f"involvedObject.uid={uid},type=Warning"
    return _list(api, _EVENT, namespace, fields=fields, most=_EVENTS) or []


def _list(
    api: Api, ref: ObjectRef, namespace: str, *, most: int, labels: str = "", fields: str = ""
) -> list[Manifest] | None:
    """One page of a kind; None where it may not be listed."""
    refused = _refused.setdefault(api, {})
    if refused.get((ref.kind, namespace), 0.0) > time.monotonic():
        return None
    try:
        items = api.list_objects(ref, namespace=namespace, labels=labels, fields=fields, page=most)
        return list(islice(items, most))
    except CredentialRefused as exc:
        if (ref.kind, namespace) not in refused:
            log.info("reasons_not_told", kind=ref.kind, namespace=namespace, error=str(exc))
        refused[ref.kind, namespace] = time.monotonic() + _REFUSED_FOR
        return None


def _joined(live: Manifest, health: Health, why: Why) -> Health:
    """The counts and the reason; a Pod's own judgement says no more than the reason does."""
    told = _SECRET.sub(rf"\1{logs.MASK}", logs.clean(why.message))
    told = told if len(told) <= _MESSAGE else f"{told[:_MESSAGE]}…"
    if not workload.is_pod(live):
        told = f"{health.message}: {told}" + (f" (Pod {why.pod})" if why.pod else "")
    return replace(health, reason=why.reason, message=told)
