"""What people, controllers and other tools do to the objects of one namespace."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from syncline_workers.change.tracking import ANNOTATION, LABEL
from tests.conformance.backend import APPLY, JSON_PATCH, MERGE, STRATEGIC, Backend
from tests.edits.objects import ALWAYS, ANCHOR, OBJECTS, Filled, Object
from tests.edits.sequences import Step
from tests.edits.slots import Manifest

_MARKS = {"labels": {LABEL: None}, "annotations": {ANNOTATION: None}}


@dataclass(frozen=True, slots=True)
class Ground:
    """One namespace, and the way to its API server."""

    backend: Backend
    namespace: str

    def live(self, name: str) -> Manifest | None:
        """An object as it is; None: absent."""
        answer = self.backend("GET", OBJECTS[name].path(self.namespace))
        if answer.code == HTTPStatus.NOT_FOUND:
            return None
        assert answer.code == HTTPStatus.OK, answer
        found: Manifest = answer.body
        return found

    def delete(self, name: str) -> int:
        """Without waiting for what depends on it."""
        options = {"propagationPolicy": "Background"}
        about = ALWAYS if name == ANCHOR else OBJECTS[name]
        return self.backend("DELETE", about.path(self.namespace), options).code

    def play(self, step: Step) -> int:
        """One step of others; gives the API server's answer, 0 where there was nothing to ask."""
        verb = next(iter(step))
        name = step[verb]
        return _VERBS[verb](self, OBJECTS[name], name, step)

    def patch(self, about: Object, body: Any, kind: str, manager: str, **more: str) -> int:
        """A patch of an object, or of what `under` names of it."""
        path = about.path(self.namespace) + more.pop("under", "")
        return self.backend("PATCH", path, body, kind=kind, fieldManager=manager, **more).code


def _apply(ground: Ground, about: Object, _: str, step: Step) -> int:
    body = about.part(step["slots"], ground.namespace)
    force = str(step["force"]).lower()
    return ground.patch(about, body, APPLY, step["by"], force=force)


def _edit(ground: Ground, about: Object, name: str, step: Step) -> int:
    live = ground.live(name)
    if live is None:
        return 0
    slots: Filled = step["slots"]
    if step["how"] == "edit":
        return _replace(ground, about, live, slots)
    if step["how"] == "json":
        return ground.patch(about, _pointers(about, live, slots), JSON_PATCH, "dashboard")
    body: Manifest = {}
    for slot, value in slots.items():
        about.slots[slot].put(body, value)
    kind = MERGE if step["how"] == "merge" else STRATEGIC
    return ground.patch(about, body, kind, "kubectl-patch")


def _replace(ground: Ground, about: Object, live: Manifest, slots: Filled) -> int:
    """As `kubectl edit` does it, in that version of the object alone."""
    for slot, value in slots.items():
        about.slots[slot].drop(live) if value is None else about.slots[slot].put(live, value)
    path = about.path(ground.namespace)
    return ground.backend("PUT", path, live, fieldManager="kubectl-edit").code


def _pointers(about: Object, live: Manifest, slots: Filled) -> list[Manifest]:
    """A JSON patch; the maps above a value that are not there are added with it."""
    made: list[Manifest] = []
    there = dict(live)
    for slot, value in slots.items():
        path = [str(step) for step in about.slots[slot].path]
        if value is None:
            if about.slots[slot].read(there) is not None:
                made.append({"op": "remove", "path": "/" + "/".join(path)})
            continue
        holder, depth = there, 0
        while depth < len(path) - 1 and isinstance(holder.get(path[depth]), dict):
            holder, depth = holder[path[depth]], depth + 1
        added = value
        for key in reversed(path[depth + 1 :]):
            added = {key: added}
        made.append({"op": "add", "path": "/" + "/".join(path[: depth + 1]), "value": added})
        about.slots[slot].put(there, value)
    return made


def _scale(ground: Ground, about: Object, _: str, step: Step) -> int:
    body = {"spec": {"replicas": step["replicas"]}}
    return ground.patch(about, body, MERGE, "autoscaler", under="/scale")


def _status(ground: Ground, about: Object, _: str, step: Step) -> int:
    body = {"status": {"replicas": step["replicas"]}}
    return ground.patch(about, body, MERGE, "controller", under="/status")


def _delete(ground: Ground, _: Object, name: str, __: Step) -> int:
    return ground.delete(name)


def _recreate(ground: Ground, about: Object, name: str, step: Step) -> int:
    """By hand, with nothing of us on it."""
    ground.delete(name)
    body = about.declared(step["slots"], ground.namespace)
    path = about.path(ground.namespace).rpartition("/")[0]
    return ground.backend("POST", path, body, fieldManager="kubectl-create").code


def _strip(ground: Ground, about: Object, _: str, __: Step) -> int:
    """Somebody removes our marks; the twin has none."""
    return ground.patch(about, {"metadata": _MARKS}, MERGE, "tidier")


_VERBS = {
    "apply": _apply,
    "edit": _edit,
    "scale": _scale,
    "status": _status,
    "delete": _delete,
    "recreate": _recreate,
    "strip": _strip,
}
