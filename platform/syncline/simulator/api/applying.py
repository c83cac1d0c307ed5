"""Server-side apply: PATCH with `application/apply-patch+yaml`."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import Any

import orjson

from syncline.simulator.api import bodies, finish, refusal
from syncline.simulator.api.call import Call
from syncline.simulator.fields import managers as ownership
from syncline.simulator.fields.managers import Configuration, Conflicts, Identity, Managers, Write
from syncline.simulator.fields.paths import show
from syncline.simulator.fields.tree import Tree
from syncline.simulator.kinds.clock import now
from syncline.simulator.kinds.registry import behaviour
from syncline.simulator.schema import validate
from syncline.simulator.schema.builtin import Resource
from syncline.simulator.schema.filling import blank, tidy
from syncline.simulator.schema.types import Type
from syncline.simulator.store.shared import shared
from syncline.simulator.store.stored import Stored
from syncline.simulator.wire.responses import Response

Object = dict[str, Any]

BEFORE = "before-first-apply"
STATUS: Tree = {"f:status": {}}
SPEC: Tree = {"f:spec": {}}
SPEC_AND_LABELS: Tree = {"f:spec": {}, "f:metadata": {"f:labels": {}}}
ALL_METADATA: Tree = {"f:spec": {}, "f:metadata": {}}
MOST_READ = 1024
LONGEST_READ = 32 * 1024

# One manifest goes to many clusters: it is parsed, checked and read for its claims once.
_read: OrderedDict[tuple[bytes, Type, str], Configuration] = OrderedDict()


def reset(resource: Resource, subresource: str) -> Tree | None:
    """Return the paths that an endpoint never owns."""
    if subresource == "status":
        if resource.custom:
            return ALL_METADATA
        return SPEC_AND_LABELS if behaviour(resource).keeps_labels_with_status else SPEC
    return STATUS if resource.has_status else None


def apply(call: Call) -> Response:
    """Apply the body.

    Raises:
        Refusal: what the API server would refuse, conflicts included.
    """
    params = call.request.params
    manager = params.get("fieldManager", "")
    if not manager:
        raise no_manager()
    kept = call.find()
    force = params.get("force") in ("true", "1")
    done = (call.request.body, manager, call.subresource, call.resource.api_version)
    if kept is not None and kept.applied == done:
        return finish.answer(call, finish.DONE, kept.body)
    config = configuration(call)
    live = finish.Live.of(kept) if kept else None
    if live is None:
        if call.subresource:
            raise refusal.not_found(call.resource, call.name)
        need_match(call, config.value)
        call.need_namespace(call.name)
    write = Write(
        type=call.resource.type,
        identity=ownership.applier(manager, call.subresource),
        api_version=call.resource.api_version,
        now=now(),
        reset=reset(call.resource, call.subresource),
        force=force,
    )
    response, now_kept = merge(call, config, live, write)
    if now_kept is not None and now_kept.is_managed and not is_rewritten(call, now_kept):
        now_kept.applied = shared((shared(done[0]), *done[1:]))
    return response


def is_rewritten(call: Call, kept: Stored) -> bool:
    """Tell whether the same apply once more would store the object anew."""
    return kept.is_unsettled or (kept.is_fresh and call.behaviour.is_rewritten(kept.load()))


def merge(
    call: Call, config: Configuration, live: finish.Live | None, write: Write
) -> tuple[Response, Stored | None]:
    """Merge the configuration into the live object and finish the write."""
    base = live.value if live else beginning(call)
    try:
        merged, managers = ownership.apply(base, config, before(call, live, write), write)
    except Conflicts as exc:
        raise conflict(exc) from exc
    need_match(call, config.value)
    need_version(call, config.value, live)
    # A copy: parts of the merged object are shared with the live one and with the configuration.
    new: Object = orjson.loads(orjson.dumps(merged))
    new["metadata"].setdefault("name", call.name)
    # A custom resource's nulls are for its schema to judge.
    whole = not call.resource.custom
    tidied = tidy(new) if whole else {**new, "metadata": tidy(new["metadata"])}
    return finish.write(call, tidied, live, lambda _: managers)


def before(call: Call, live: finish.Live | None, write: Write) -> Managers:
    """Return the managers before an apply; what nobody owned is somebody's from before."""
    if live is None or live.entries:
        return ownership.decode(live.entries if live else [])
    version = call.resource.api_version
    nobody = replace(write, identity=ownership.updater(BEFORE, version, ""))
    start: Object = {} if call.resource.custom else blank(call.resource.type)
    return ownership.update(start, live.value, {}, nobody)


def beginning(call: Call) -> Object:
    """Return the object that a create by apply starts from."""
    return {"apiVersion": call.resource.api_version, "kind": call.resource.kind, "metadata": {}}


def configuration(call: Call) -> Configuration:
    """Return what the body applies, from memory where another cluster was sent the same.

    Raises:
        Refusal: it cannot be read, or does not fit the kind's type.
    """
    body, node = call.request.body, call.resource.type
    key = (body, node, call.subresource)
    known = _read.get(key)
    if known is not None:
        _read.move_to_end(key)
        return known
    value = bodies.read(body)
    if not isinstance(value, dict) or not isinstance(value.get("metadata", {}), dict):
        raise refusal.bad_request("error decoding patch: the body is no object")
    value.setdefault("metadata", {})
    bodies.need_kind(value, call.resource)
    if value["metadata"].get("managedFields") is not None:
        raise refusal.bad_request("metadata.managedFields must be nil")
    need_fit(value, call.resource)
    config = Configuration.read(value, node, reset(call.resource, call.subresource))
    if len(body) <= LONGEST_READ:
        _read[key] = config
        if len(_read) > MOST_READ:
            _read.popitem(last=False)
    return config


def need_fit(value: Object, resource: Resource) -> None:
    """See that a configuration fits its type.

    Raises:
        Refusal: with status 500, as the API server does.
    """
    misfits = validate.misfits(value, resource.type)
    if not misfits:
        return
    metadata = value["metadata"]
    named = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
    kind = f"{resource.api_version}, Kind={resource.kind}"
    if not resource.group:
        kind = f"/{kind}"
    text = misfits[0] if len(misfits) == 1 else "errors:\n  " + "\n  ".join(misfits)
    message = f"failed to create typed patch object ({named}; {kind}): {text}"
    raise refusal.Refusal(500, "", message)


def need_match(call: Call, value: Object) -> None:
    """See that the body names the object of the path, or none.

    Raises:
        Refusal: it names another.
    """
    metadata = value["metadata"]
    name = metadata.get("name") or call.name
    if name != call.name:
        raise wrong_name(name, call.name)
    namespace = metadata.get("namespace")
    if call.resource.namespaced and namespace not in (None, "", call.namespace):
        raise wrong_namespace()


def wrong_name(name: str, expected: str) -> refusal.Refusal:
    """Return the answer to a body that names another object than the path."""
    return refusal.bad_request(
        f"the name of the object ({name}) does not match the name on the URL ({expected})"
    )


def wrong_namespace() -> refusal.Refusal:
    """Return the answer to a body that names another namespace than the path."""
    return refusal.bad_request(
        "the namespace of the provided object does not match the namespace sent on the request"
    )


def need_version(call: Call, value: Object, live: finish.Live | None) -> None:
    """See that the object is still at the resource version that the body names, and there at all.

    Raises:
        Refusal: it has moved on, or does not exist under the uid that the body names.
    """
    metadata = value["metadata"]
    version, uid = metadata.get("resourceVersion"), metadata.get("uid")
    if version and live and version != str(live.kept.version):
        raise refusal.stale(call.resource, call.name)
    if uid and live is None:
        why = f"uid mismatch: the provided object specified uid {uid}"
        raise refusal.conflict(call.resource, call.name, f"{why}, and no existing object was found")


def need_uid(call: Call, value: Object, live: finish.Live) -> None:
    """See that a replacement is for the object that it names.

    Raises:
        Refusal: it names another uid.
    """
    uid = value["metadata"].get("uid")
    if uid and uid != live.kept.uid:
        found = f"UID in precondition: {uid}, UID in object meta: {live.kept.uid}"
        raise refusal.conflict(call.resource, call.name, f"Precondition failed: {found}")


def no_manager() -> refusal.Refusal:
    """Return the answer to an apply by nobody."""
    cause = {
        "reason": "FieldValueRequired",
        "message": "Required value: is required for apply patch",
        "field": "fieldManager",
    }
    message = f'PatchOptions.meta.k8s.io "" is invalid: fieldManager: {cause["message"]}'
    found = {"group": "meta.k8s.io", "kind": "PatchOptions", "causes": [cause]}
    return refusal.Refusal(422, "Invalid", message, details=found)


def conflict(found: Conflicts) -> refusal.Refusal:
    """Return the answer to an apply that others stand against."""
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {named(who)}",
            "field": show(path),
        }
        for who, path in found.found
    ]
    if len(causes) == 1:
        text = f"1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    else:
        lines = []
        for who in dict.fromkeys(who for who, _ in found.found):
            lines.append(f"conflicts with {named(who)}:")
            lines += [f"- {show(path)}" for other, path in found.found if other == who]
        text = f"{len(causes)} conflicts: " + "\n".join(lines)
    return refusal.Refusal(409, "Conflict", f"Apply failed with {text}", details={"causes": causes})


def named(who: Identity) -> str:
    """Return a manager as a conflict names it."""
    text = f'"{who.manager}"'
    if who.subresource:
        text += f' with subresource "{who.subresource}"'
    return f"{text} using {who.api_version}" if who.operation == "Update" else text
