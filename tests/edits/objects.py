"""What is edited: an object of each of some kinds, with maps, lists and sets of each sort.

Deployments have lists that are merged by keys, and atomic ones; Services a map that is atomic; a
custom resource has one of each, as its schema says.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from tests.edits.slots import Item, Manifest, Member, Slot

Filled: TypeAlias = dict[str, Any]
"""Slot → value."""

GROUP: Final = "edits.example.com"
ANCHOR: Final = "anchor"  # always in Git, and edited by nobody: a render of nothing is an error
_APP = {"app": "web"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """One object, by its name in steps.

    What Git says of it is valid by ``fixed`` and the ``needed`` slots. Some of it nobody edits: of
    an object without managed fields the API server would not know whose the next edit is.
    """

    api_version: str
    kind: str
    plural: str
    slots: Mapping[str, Slot]
    needed: tuple[str, ...] = ()
    fixed: Manifest = field(default_factory=dict)
    name: str = "web"

    @property
    def is_custom(self) -> bool:
        """Whether it has no strategic merge patch."""
        return self.api_version.startswith(GROUP)

    def path(self, namespace: str) -> str:
        """Where it is on an API server."""
        root = f"/apis/{self.api_version}" if "/" in self.api_version else "/api/v1"
        return f"{root}/namespaces/{namespace}/{self.plural}/{self.name}"

    def declared(self, filled: Filled, namespace: str) -> Manifest:
        """What Git holds."""
        return self.part(filled, namespace, deepcopy(self.fixed))

    def part(self, filled: Filled, namespace: str, begun: Manifest | None = None) -> Manifest:
        """What one manager applies: some slots, and who it is about."""
        head = {"name": self.name, "namespace": namespace}
        made = {"apiVersion": self.api_version, "kind": self.kind, "metadata": head}
        made |= begun or {}
        for slot, value in filled.items():
            self.slots[slot].put(made, value)
        return made


_META = {
    "note": Slot(("metadata", "annotations", "note"), ("a", "b", "")),
    "tier": Slot(("metadata", "labels", "tier"), ("back", "front")),
}
_POD = ("spec", "template", "spec")
_MAIN = (*_POD, "containers", Item((("name", "app"),)))


def _env(name: str) -> Slot:
    return Slot((*_MAIN, "env", Item((("name", name),)), "value"), ("1", "2"), is_item=True)


def _port(number: int, name: str) -> Slot:
    keys = (("port", number), ("protocol", "TCP"))
    path = ("spec", "ports", Item(keys, (("name", name),)), "targetPort")
    return Slot(path, (8080, 8081, "http"), is_item=True)


def _part(name: str) -> Slot:
    return Slot(("spec", "parts", Item((("name", name),)), "count"), (1, 2), is_item=True)


OBJECTS: Final[Mapping[str, Object]] = {
    "config": Object(
        api_version="v1",
        kind="ConfigMap",
        plural="configmaps",
        slots={
            **{key: Slot(("data", key), ("1", "2", "3")) for key in ("one", "two", "three")},
            **_META,
        },
        fixed={"data": {"base": "1"}},
    ),
    "web": Object(
        api_version="apps/v1",
        kind="Deployment",
        plural="deployments",
        slots={
            "image": Slot((*_MAIN, "image"), ("web:1", "web:2", "web:3")),
            "replicas": Slot(("spec", "replicas"), (0, 1, 2, 5)),
            "env-a": _env("A"),
            "env-b": _env("B"),
            "args": Slot((*_MAIN, "args"), (["a"], ["b", "c"])),
            "pull": Slot((*_MAIN, "imagePullPolicy"), ("Always", "IfNotPresent")),
            "cpu": Slot((*_MAIN, "resources", "limits", "cpu"), ("1", "2")),
            "port": Slot(
                (*_MAIN, "ports", Item((("containerPort", 80), ("protocol", "TCP"))), "name"),
                ("http", "web"),
                is_item=True,
            ),
            "side": Slot(
                (*_POD, "containers", Item((("name", "side"),)), "image"),
                ("side:1", "side:2"),
                is_item=True,
            ),
            "node": Slot((*_POD, "nodeSelector"), ({"disk": "ssd"}, {"disk": "hdd", "a": "b"})),
            "surge": Slot(("spec", "strategy", "rollingUpdate", "maxSurge"), (1, 2)),
            "pod-note": Slot(("spec", "template", "metadata", "annotations", "note"), ("a", "b")),
            **_META,
        },
        needed=("image",),
        fixed={
            "spec": {
                "selector": {"matchLabels": _APP},
                "template": {"metadata": {"labels": _APP}},
            }
        },
    ),
    "front": Object(
        api_version="v1",
        kind="Service",
        plural="services",
        slots={
            "selector": Slot(("spec", "selector"), (_APP, {"app": "web", "tier": "front"})),
            "http": _port(80, "http"),
            "metrics": _port(9090, "metrics"),
            "affinity": Slot(("spec", "sessionAffinity"), ("ClientIP", "None")),
            "unready": Slot(("spec", "publishNotReadyAddresses"), (True,)),
            **_META,
        },
        needed=("http",),
    ),
    "widget": Object(
        api_version=f"{GROUP}/v1",
        kind="Widget",
        plural="widgets",
        slots={
            "size": Slot(("spec", "size"), (1, 2, 3)),
            "part-a": _part("a"),
            "part-b": _part("b"),
            "tag-x": Slot(("spec", "tags", Member("x")), ("x",)),
            "tag-y": Slot(("spec", "tags", Member("y")), ("y",)),
            "order": Slot(("spec", "order"), (["a", "b"], ["b"], ["b", "a"])),
            "option-a": Slot(("spec", "options", "a"), ("1", "2")),
            "option-b": Slot(("spec", "options", "b"), ("1", "2")),
            "free": Slot(("spec", "free"), ({"a": "1"}, {"a": "2", "b": "1"})),
            **_META,
        },
        fixed={"spec": {"base": "1"}},
    ),
}

ALWAYS: Final = Object(
    api_version="v1", kind="ConfigMap", plural="configmaps", slots={}, name=ANCHOR
)

_TEXT = {"type": "string"}
_TEXTS = {"type": "object", "additionalProperties": _TEXT}
_SPEC: Manifest = {
    "base": _TEXT,
    "size": {"type": "integer"},
    "parts": {
        "type": "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
        "items": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": _TEXT, "count": {"type": "integer"}},
        },
    },
    "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": _TEXT},
    "order": {"type": "array", "x-kubernetes-list-type": "atomic", "items": _TEXT},
    "options": _TEXTS,
    "free": {**_TEXTS, "x-kubernetes-map-type": "atomic"},
}


def definition() -> Manifest:
    """The custom resource that is edited too."""
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": _SPEC}},
    }
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget"},
            "versions": [version],
        },
    }
