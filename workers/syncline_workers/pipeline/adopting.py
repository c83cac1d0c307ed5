"""A target's first run on a cluster that the store has not known: take over what is there already.

A store that was lost knows no inventory. The objects do: their marks name installation, project,
application and themselves. One look over the whole cluster, by label and of metadata alone, serves
all its targets, and is taken once for each cluster and store. What another installation marked, and
what a controller copied our marks to, is not ours.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from syncline.errors import ClusterBusy, CredentialRefused, ManifestInvalid
from syncline.model import adoption
from syncline.model.adoption import Found, Survey, kind_name
from syncline.model.change import InventoryEntry, ObjectRef, ref_of
from syncline.model.names import application_name
from syncline.model.run import Claim
from syncline.model.values import Manifest
from syncline_workers.change import hooks, instance, inventory, tracking
from syncline_workers.change.tracking import Origin
from syncline_workers.cluster import parallel
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api

log = structlog.get_logger(__name__)

_NEVER = {("", "Event"), ("events.k8s.io", "Event")}  # many, and declared by nobody


def adopt(attempt: Attempt, api: Api) -> Claim:
    """Return the claim, with the inventory that the cluster itself tells where the store had none.

    Raises:
        SynclineError: the cluster did not answer; nothing is taken for known then.
    """
    claim = attempt.claim
    if not claim.unsurveyed:
        return claim
    with attempt.step("survey"):
        found = survey(
            api,
            claim.installation,
            width=claim.cluster.spec.max_requests,
            should_stop=lambda: not attempt.heart.alive(),
        )
        attempt.heart.check()
        attempt.ports.desk.survey(claim.cluster.uid, found)
    _tell(claim, found)
    own = found.of(application_name(claim.application.project, claim.application.name))
    inventory = adoption.adopted(claim.inventory, own, found.unseen)
    attempt.claim = claim.model_copy(update={"inventory": inventory})
    return attempt.claim


def survey(
    api: Api, installation: str, *, width: int, should_stop: Callable[[], bool] = lambda: False
) -> Survey:
    """List what bears our marks on a cluster: one LIST of metadata for each kind that it serves.

    What may not be listed, and what the API server of a custom kind does not answer, is told.
    """
    kinds, away = api.kept_kinds()
    asked = [ref for ref in kinds if (ref.group, ref.kind) not in _NEVER]
    done = parallel.each(asked, lambda ref: _look(api, ref), width=width, should_stop=should_stop)
    api.close()  # no run needs as many connections, and a fleet's would be kept for long
    objects: dict[Origin, list[InventoryEntry]] = {}
    unseen = [f"{group}/*" for group in sorted(away)]
    for ref, result in zip(asked, done, strict=True):
        if result.error is not None:
            raise result.error
        if result.value is None:
            unseen.append(kind_name(ref))
        for item in result.value or ():
            origin = tracking.origin_of(item)
            if origin is not None and origin.installation == installation:
                objects.setdefault(origin, []).append(_entry(item))
    return Survey(tuple(_found(*each) for each in objects.items()), tuple(unseen))


def _look(api: Api, ref: ObjectRef) -> list[Manifest] | None:
    """List one kind; None where nobody can tell."""
    try:
        return list(api.list_metadata(ref, labels=tracking.LABEL))
    except CredentialRefused:
        return None
    except ClusterBusy:
        if _is_builtin(ref.group):
            raise
        return None  # a conversion webhook or an aggregated API server is away: not our business


def _is_builtin(group: str) -> bool:
    return "." not in group or group.endswith(".k8s.io")


def _found(origin: Origin, entries: list[InventoryEntry]) -> Found:
    return Found(origin.name, origin.label, tuple(entries))


def _entry(item: Manifest) -> InventoryEntry:
    return inventory.as_seen(ref_of(item), item, wave=_wave(item), hook=instance.is_ours(item))


def _wave(item: Manifest) -> int:
    """Somebody may have changed the annotation since: such an object is of no wave."""
    try:
        return hooks.wave_of(item)
    except ManifestInvalid:
        return 0


def _tell(claim: Claim, found: Survey) -> None:
    log.info(
        "cluster_surveyed",
        cluster=claim.cluster.name,
        applications=len(found.found),
        objects=sum(len(each.objects) for each in found.found),
        unseen=found.unseen,
    )
