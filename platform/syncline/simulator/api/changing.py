"""POST, PUT and the older kinds of PATCH."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from syncline.simulator.api import applying, bodies, finish, refusal
from syncline.simulator.api.call import Call
from syncline.simulator.fields import managers as ownership
from syncline.simulator.fields.managers import Managers, Write
from syncline.simulator.kinds.clock import now
from syncline.simulator.kinds.registry import may_create, needs_version
from syncline.simulator.patches.json_patch import PatchFailed, json_patch
from syncline.simulator.patches.merge_patch import merge_patch
from syncline.simulator.patches.strategic import strategic
from syncline.simulator.schema import validate
from syncline.simulator.schema.filling import blank, tidy
from syncline.simulator.wire.responses import Response

Object = dict[str, Any]

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = ("application/apply-patch+yaml", "application/apply-patch")
STATUS_ALONE = ("apiextensions.k8s.io", "apiregistration.k8s.io")
ADMISSION = "the server rejected our request due to an error in our request"


def create(call: Call) -> Response:
    """Create the object in the body.

    Raises:
        Refusal: it exists, its namespace does not, or it is invalid.
    """
    new = decoded(call, bodies.read_object(call.request.body, call.resource))
    metadata = new["metadata"]
    need_namespace(call, new)
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = metadata["generateName"] + secrets.token_hex(3)[:5]
    name = metadata.get("name", "")
    call.need_namespace(name)
    version = metadata.get("resourceVersion")

    def need_new(_: Object) -> None:
        if version and not call.is_dry_run:
            message = "resourceVersion should not be set on objects to be created"
            raise refusal.Refusal(500, "", message)
        there = call.cluster.find(call.shelf, call.namespace, name)
        if there:
            raise refusal.already_exists(call.resource, name, deleting=there.is_leaving)

    return finish.write(call, new, None, recorder(call, None), last_check=need_new)[0]


def need_namespace(call: Call, value: Object) -> None:
    """See that the body is in the namespace of the path, if it is in any.

    Raises:
        Refusal: it is in another.
    """
    named = value["metadata"].get("namespace")
    if call.resource.namespaced and named not in (None, "", call.namespace):
        raise applying.wrong_namespace()


def replace(call: Call) -> Response:
    """Replace the object by the body; where a kind may be created by PUT, create it.

    Raises:
        Refusal: it does not exist, has moved on, or becomes invalid.
    """
    value = decoded(call, bodies.read_object(call.request.body, call.resource))
    name = value["metadata"].get("name", "")
    if name != call.name:
        raise applying.wrong_name(name, call.name)
    need_namespace(call, value)
    if call.find() is None and may_create(call.resource) and not call.subresource:
        call.need_namespace(name)
        return finish.write(call, value, None, recorder(call, None))[0]
    live = finish.Live.of(call.existing())
    if needs_version(call.resource) and not value["metadata"].get("resourceVersion"):
        raise refusal.no_version(call.resource, name)
    applying.need_uid(call, value, live)
    applying.need_version(call, value, live)
    new = status_of(call, value, live) if call.subresource == "status" else value
    return finish.write(call, bodies_copy(new), live, recorder(call, live))[0]


def patch(call: Call) -> Response:
    """Patch the object in the way that the content type says.

    Raises:
        Refusal: the content type is unknown, the patch fails, or the object becomes invalid.
    """
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip()
    if kind in APPLY:
        return applying.apply(call)
    if kind not in (JSON_PATCH, MERGE_PATCH, STRATEGIC):
        message = "415: Unsupported Media Type"
        raise refusal.Refusal(415, "UnsupportedMediaType", message, details={})
    live = finish.Live.of(call.existing())
    value = tidy(patched(call, kind, live.value))
    if not isinstance(value, dict) or not isinstance(value.get("metadata"), dict):
        raise refusal.Refusal(422, "Invalid", ADMISSION, details={})
    if value["metadata"].get("name") != call.name:
        raise refusal.bad_request("the name of the object may not be changed")
    applying.need_version(call, value, live)
    new = decoded(call, value)
    if call.subresource == "status":
        new = status_of(call, new, live)
    return finish.write(call, bodies_copy(new), live, recorder(call, live))[0]


def patched(call: Call, kind: str, value: Object) -> Any:
    """Return the object after the patch in the body."""
    body = bodies.read_json(call.request.body)
    if kind == JSON_PATCH:
        try:
            return json_patch(value, body)
        except PatchFailed as exc:
            raise refusal.Refusal(422, "Invalid", ADMISSION, details={}) from exc
    if kind == MERGE_PATCH:
        return merge_patch(value, body)
    if call.resource.custom:
        message = "the body of the request was in an unknown format - accepted media types include:"
        known = f"{message} {JSON_PATCH}, {MERGE_PATCH}, {APPLY[0]}"
        raise refusal.Refusal(415, "UnsupportedMediaType", known)
    return strategic(value, body, call.resource.type)


def decoded(call: Call, value: Object) -> Object:
    """Return the object as decoding reads it: nulls and undeclared fields are dropped.

    Raises:
        Refusal: a value is of the wrong type, or strict validation found undeclared fields.
    """
    node, kind = call.resource.type, call.resource.kind
    handled = f'{kind} in version "{call.resource.version}" cannot be handled as a {kind}: '
    value = tidy(value)
    unknown = list(validate.unknown_fields(value, node))
    if unknown and call.request.params.get("fieldValidation") == "Strict":
        texts = ", ".join(f'unknown field "{path}"' for path in unknown)
        raise refusal.bad_request(f"{handled}strict decoding error: {texts}")
    if unknown:
        known = validate.known(value, node)
        value = known if isinstance(known, dict) else value
    misfits = [] if call.resource.custom else validate.misfits(value, node)
    if misfits and not all("key fields" in text or "duplicate" in text for text in misfits):
        raise refusal.bad_request(f"{handled}json: cannot unmarshal: {misfits[0]}")
    return value


def status_of(call: Call, value: Object, live: finish.Live) -> Object:
    """Return the object after a write of its status: built-in kinds take most metadata along."""
    new = {**live.value, "status": value.get("status", {})}
    if call.resource.custom or call.resource.group in STATUS_ALONE:
        return new
    metadata = dict(value["metadata"])
    if call.behaviour.keeps_labels_with_status:
        metadata.pop("labels", None)
        if "labels" in live.value["metadata"]:
            metadata["labels"] = live.value["metadata"]["labels"]
    return {**new, "metadata": metadata}


def bodies_copy(value: Object) -> Object:
    """Return a copy whose metadata may be changed without touching the live object's."""
    return {**value, "metadata": dict(value["metadata"])}


def recorder(call: Call, live: finish.Live | None) -> Callable[[Object], Managers]:
    """Return how the managers follow from the object that this write makes."""
    write = Write(
        type=call.resource.type,
        identity=ownership.updater(call.manager, call.resource.api_version, call.subresource),
        api_version=call.resource.api_version,
        now=now(),
        reset=applying.reset(call.resource, call.subresource),
    )

    def managed(new: Object) -> Managers:
        if live and not live.entries:
            return {}  # what was never tracked is tracked from its first apply on
        before = live.value if live else {} if call.resource.custom else blank(call.resource.type)
        return ownership.update(before, new, ownership.decode(live.entries if live else []), write)

    return managed
