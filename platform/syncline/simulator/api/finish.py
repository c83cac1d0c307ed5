"""The path that every write takes once it is known what the object shall be.

Server-owned metadata, defaults, ownership, allocation, rules, generation, the check for a write
without effect; then it is kept, or with a dry run only shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from syncline.simulator.api import refusal, views
from syncline.simulator.api.call import Call
from syncline.simulator.fields import managers as ownership
from syncline.simulator.fields.managers import Managers
from syncline.simulator.kinds import names
from syncline.simulator.kinds.behaviour import invalid
from syncline.simulator.kinds.clock import now
from syncline.simulator.schema import constraints
from syncline.simulator.schema.filling import fill
from syncline.simulator.schema.structural import defaulted
from syncline.simulator.store.cluster import new_uid
from syncline.simulator.store.stored import Stored
from syncline.simulator.wire.responses import Response

Object = dict[str, Any]

KEPT = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")
DROPPED = ("managedFields", "selfLink", "resourceVersion", "generation", *KEPT)
OMITTED = ("annotations", "finalizers", "labels", "ownerReferences")
HEAD = ("kind", "apiVersion", "metadata")
CREATED = 201
DONE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The object before the write: as kept, decoded without managedFields, and its managers."""

    kept: Stored
    value: Object
    entries: list[Object]

    @classmethod
    def of(cls, kept: Stored) -> Live:
        """Return the decoded form of a kept object."""
        value = kept.load()
        entries = value["metadata"].pop("managedFields", [])
        return cls(kept=kept, value=value, entries=entries)


def write(
    call: Call,
    new: Object,
    live: Live | None,
    managed: Callable[[Object], Managers],
    *,
    last_check: Callable[[Object], None] | None = None,
) -> tuple[Response, Stored | None]:
    """Bring `new`, which is changed in place, to where it is kept; answer with it.

    `managed` returns the managers, given the object with its defaults and before allocation;
    `last_check` may refuse what is valid.

    Raises:
        Refusal: the object breaks its kind's rules.
    """
    old = live.value if live else None
    uid, version = new["metadata"].get("uid"), new["metadata"].get("resourceVersion")
    carry(call, new, old)
    is_unsettled = default(call, new)
    managers = managed(new)
    if call.subresource != "status":
        call.behaviour.allocate(call.cluster, new, old)
    need_valid(call, new, old, uid)
    if last_check:
        last_check(new)
    count(call, new, old)
    entries = ownership.encode(managers)
    if live and not rewritten(call, live, is_unsettled) and unchanged(new, entries, live):
        return answer(call, DONE, live.kept.body), live.kept
    metadata = new["metadata"]
    if entries:
        metadata["managedFields"] = entries
    code = DONE if live else CREATED
    if call.is_dry_run:
        if live:
            version = str(live.kept.version)
        if version:
            metadata["resourceVersion"] = version
        return answer(call, code, encoded(new)), None
    answered = keep(call, new, live, code)
    if answered[1]:
        answered[1].is_unsettled = is_unsettled
    return answered


def rewritten(call: Call, live: Live, is_unsettled: bool) -> bool:  # noqa: FBT001
    """Tell whether a write without effect stores the object anew all the same."""
    if live.kept.is_unsettled != is_unsettled:
        return True
    return live.kept.is_fresh and call.behaviour.is_rewritten(live.value)


def keep(call: Call, new: Object, live: Live | None, code: int) -> tuple[Response, Stored | None]:
    """Keep the object, or drop it where this write took the last finalizer of a deletion."""
    if live and "deletionTimestamp" in new["metadata"] and not new["metadata"].get("finalizers"):
        new["metadata"]["resourceVersion"] = str(live.kept.version)
        call.cluster.drop(call.shelf, live.kept)
        return answer(call, code, encoded(new)), None
    kept = call.cluster.put(call.shelf, {name: new[name] for name in HEAD} | new)
    return answer(call, code, kept.body), kept


def encoded(new: Object) -> bytes:
    """Return the bytes of an object that is not kept."""
    return orjson.dumps({name: new[name] for name in HEAD} | new)


def answer(call: Call, code: int, body: bytes) -> Response:
    """Return the object in the form that the client asked for."""
    if views.wants_metadata(call.request.headers.get("accept", "")):
        metadata = orjson.loads(body)["metadata"]
        head = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
        return Response(code=code, body=orjson.dumps({**head, "metadata": metadata}))
    if not body.startswith(views.prefix(call.resource)):
        value = {**orjson.loads(body), "apiVersion": call.resource.api_version}
        return Response(code=code, body=orjson.dumps(value))
    return Response(code=code, body=body)


def carry(call: Call, new: Object, old: Object | None) -> None:
    """Set what the server owns: identity and times, and the half that another endpoint writes."""
    metadata = new["metadata"]
    for name in DROPPED:
        metadata.pop(name, None)
    if old is None:
        metadata |= {"uid": new_uid(), "creationTimestamp": now()}
    else:
        metadata |= {name: old["metadata"][name] for name in KEPT if name in old["metadata"]}
    metadata.pop("namespace", None)
    if call.resource.namespaced:
        metadata["namespace"] = call.namespace
    if call.resource.has_status and call.subresource != "status":
        new.pop("status", None)
        if old and "status" in old:
            new["status"] = old["status"]
    new["kind"] = call.resource.kind
    version = call.resource.storage_version or call.resource.version
    group = call.resource.group
    new["apiVersion"] = f"{group}/{version}" if group else version


def default(call: Call, new: Object) -> bool:
    """Fill in defaults in place; tell whether what is stored will be read otherwise than written.

    So it is with empty labels and the like that are applied to custom resources.
    """
    if call.resource.custom:
        new |= defaulted(new, call.resource.type)
        metadata = new["metadata"]
        empty = [name for name in OMITTED if name in metadata and not metadata[name]]
        for name in empty:
            del metadata[name]
        return bool(empty) and call.is_apply
    fill(new, call.resource.type)
    call.behaviour.default(new)
    return False


def need_valid(call: Call, new: Object, old: Object | None, uid: str | None) -> None:
    """See that the object keeps its kind's rules; `uid` is the one that the client gave it.

    Raises:
        Refusal: it does not; all that is wrong is in the answer.
    """
    name = new["metadata"].get("name", "")
    problems = [] if old else names.name_problems(name, call.behaviour.name_rule)
    problems += names.label_problems(new)
    if old and uid and uid != old["metadata"]["uid"]:
        problems.append(invalid("metadata.uid", f'"{uid}"', "field is immutable"))
    if call.subresource == "status":
        problems += call.behaviour.status_problems(new)
    else:
        problems += call.behaviour.problems(new, old)
    problems += constraints.problems(new, call.resource.schema)
    if problems:
        raise refusal.invalid(call.resource, name, problems)


def count(call: Call, new: Object, old: Object | None) -> None:
    """Set the generation: 1 at first, one more with each change of what the kind counts."""
    if not call.behaviour.counts_generation:
        return
    if old is None:
        new["metadata"]["generation"] = 1
        return
    if call.subresource == "status":
        new["metadata"]["generation"] = old["metadata"].get("generation", 1)
        return
    counted = call.behaviour.generation_input
    grown = counted(new) != counted(old)
    new["metadata"]["generation"] = old["metadata"].get("generation", 1) + grown


def unchanged(new: Object, entries: list[Object], live: Live) -> bool:
    """Tell whether a write has no effect; times of managers alone are none."""
    metadata = {**live.value["metadata"]}
    metadata.pop("resourceVersion", None)
    if {**live.value, "metadata": metadata} != new or len(entries) != len(live.entries):
        return False
    return all(
        timeless(mine) == timeless(was) for mine, was in zip(entries, live.entries, strict=True)
    )


def timeless(entry: Object) -> Object:
    """Return a manager's record without its time."""
    return {name: value for name, value in entry.items() if name != "time"}
