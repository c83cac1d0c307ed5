"""What a claim's script hands out, read into a ``Claim`` or a ``Refusal``."""

from __future__ import annotations

from typing import Any

import orjson

from syncline.model import adoption
from syncline.model.beside import Beside
from syncline.model.change import Inventory
from syncline.model.names import TargetId
from syncline.model.pin import Pin, restored
from syncline.model.records import ApplicationRecord, ClusterRecord, RepositoryRecord
from syncline.model.request import Request, Trigger, TriggerKind
from syncline.model.run import Claim, Lease, Progress, Refusal
from syncline.model.status import HealthStatus
from syncline.store import packing, records
from syncline.store.records import Kind

_NOT_YET = "?"  # in place of what a survey could not list


def read(answer: list[Any], target: TargetId, ticket: str, seconds: float) -> Claim | Refusal:
    """Read the answer of ``claim.lua`` or ``snapshot.lua``."""
    if answer[0]:
        return Refusal(reason=answer[0], detail=answer[1])
    _, fence, request, attempt, deleting, orphan, revision, observed = answer[:8]
    render_key, health, head, kubeconfig, installation = answer[8:13]
    application, cluster, repository, repository_uid, recorded, surveyed, found = answer[13:20]
    heard, burst, rules, progress, rites, pin, document, others = answer[20:28]
    inventory = _inventory(recorded)
    if surveyed not in ("", _NOT_YET):
        inventory = adoption.adopted(inventory, _inventory(found), orjson.loads(surveyed))
    app = records.parse(Kind.APPLICATION, application, repository_uid or None)
    on = records.parse(Kind.CLUSTER, cluster)
    source = records.parse(Kind.REPOSITORY, repository) if repository else None
    kept = Pin.model_validate_json(pin) if pin else None
    if kept and isinstance(app, ApplicationRecord):
        app, head = _as_then(app, document, kept), kept.revision
    if not isinstance(app, ApplicationRecord) or not isinstance(on, ClusterRecord):
        return Refusal(reason="Gone", detail="its documents are not registered")
    return Claim(
        lease=Lease(target=target, fence=int(fence), ticket=ticket, seconds=seconds),
        installation=installation,
        request=_request(request),
        attempt=int(attempt or 1),
        application=app,
        cluster=on,
        repository=source if isinstance(source, RepositoryRecord) else None,
        beside=_beside(others, kept),
        repositories=_repositories(others),
        kubeconfig=kubeconfig,
        head=head,
        revision=revision,
        observed=observed,
        render_key=render_key,
        health=HealthStatus(health or HealthStatus.UNKNOWN),
        inventory=inventory,
        unsurveyed=surveyed == _NOT_YET,
        deleting=bool(deleting),
        orphan=bool(orphan),
        burst=float(burst),
        heard=float(heard) if heard else None,
        progress=Progress.model_validate_json(progress) if progress else None,
        rites=rites,
        pin=kept,
        rules=rules,  # a snapshot has none: it judges nothing
    )


def _as_then(app: ApplicationRecord, document: str, pin: Pin) -> ApplicationRecord:
    """Return an application as a rollback's past state has it."""
    then = records.specification(document) if document else None
    return app.model_copy(update={"spec": restored(app.spec, then, pin)})


def _beside(others: list[Any], pin: Pin | None) -> tuple[Beside, ...]:
    """What the other sources follow; while a rollback keeps them, at the commits of then."""
    then = {each.pair: each.commit for each in pin.beside} if pin else {}
    return tuple(
        Beside(repository=name, revision=revision, commit=then.get((name, revision), head))
        for name, revision, head, _ in others
    )


def _repositories(others: list[Any]) -> dict[str, RepositoryRecord]:
    read = ((name, records.parse(Kind.REPOSITORY, row)) for name, _, _, row in others if row)
    return {name: found for name, found in read if isinstance(found, RepositoryRecord)}


def _inventory(flat: list[str]) -> Inventory:
    return packing.read_inventory(dict(zip(flat[::2], flat[1::2], strict=True)))


def _request(text: str) -> Request:
    if text:
        return Request.model_validate_json(text)
    return Request(trigger=Trigger(kind=TriggerKind.USER))
