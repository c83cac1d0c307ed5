"""Random sequences of requests, each step in the form of a conformance case (see `scenario`)."""

from collections.abc import Callable
from random import Random
from typing import Any

from tests.differential import bodies
from tests.differential.bodies import KEYS

Step = dict[str, Any]

LENGTH = (8, 18)
NAMES = ("a", "b", "c")
MANAGERS = ("alpha", "beta", "gamma")
KINDS = {
    "ConfigMap": 8,
    "Secret": 3,
    "Deployment": 6,
    "Service": 3,
    "Widget": 4,
    "Job": 2,
    "StatefulSet": 1,
    "CronJob": 1,
    "ServiceAccount": 1,
    "Role": 1,
    "Namespace": 1,
}


class Sequence:
    """One sequence in the making: two kinds, so that each object is met often."""

    def __init__(self, seed: int, number: int) -> None:
        self.chance = Random(f"{seed}/{number}")  # noqa: S311 - to be repeated, no secret
        weights = list(KINDS.values())
        self.kinds = list(dict.fromkeys(self.chance.choices(list(KINDS), weights, k=2)))
        self.names = NAMES[: self.chance.choice([1, 2, 2, 3])]

    def steps(self) -> list[Step]:
        verbs, weights = list(VERBS), list(VERBS.values())
        length = self.chance.randint(*LENGTH)
        return [self.step(verb) for verb in self.chance.choices(verbs, weights, k=length)]

    def step(self, verb: Callable[["Sequence"], Step]) -> Step:
        found = verb(self)
        reads = {"get", "list"} & set(found)
        if not reads and self.chance.random() < 0.08:
            if "delete" in found and self.chance.random() < 0.8:
                # Beside a body the API server does not look at the query.
                found["options"]["dryRun"] = ["All"]
            else:
                found["dryRun"] = "All"
        return found

    def kind(self) -> str:
        return self.chance.choice(self.kinds)

    def name(self, kind: str) -> str:
        name = self.chance.choice(self.names)
        return f"$namespace-{name}" if kind == "Namespace" else name

    def target(self) -> tuple[str, str]:
        kind = self.kind()
        return kind, self.name(kind)

    def manager(self, share: float = 0.8) -> Step:
        who = self.chance.choice(MANAGERS)
        return {"manager": who} if self.chance.random() < share else {}

    def validation(self) -> Step:
        words = ("Strict", "Warn", "Ignore")
        return bodies.some(self.chance, {"fieldValidation": words}, 0.1)

    def spoilt(self, body: Any) -> Any:
        """The body, seldom with a mistake."""
        spoil = self.chance.choice(MISTAKES)
        return spoil(self.chance, body) if self.chance.random() < 0.06 else body


def mistaken_label(_: Random, body: Any) -> Any:
    return body | {"metadata": {**body["metadata"], "labels": {"app": "not valid"}}}


def mistaken_field(_: Random, body: Any) -> Any:
    return body | {"spce": {"a": 1}}


def mistaken_name(_: Random, body: Any) -> Any:
    return body | {"metadata": {**body["metadata"], "name": "other"}}


def mistaken_namespace(_: Random, body: Any) -> Any:
    return body | {"metadata": {**body["metadata"], "namespace": "elsewhere"}}


def mistaken_version(chance: Random, body: Any) -> Any:
    version = chance.choice(["$version", "$stale", "1"])
    return body | {"metadata": {**body["metadata"], "resourceVersion": version}}


def mistaken_uid(chance: Random, body: Any) -> Any:
    uid = chance.choice(["$uid", "0b3f1c1e-0000-4000-8000-000000000009"])
    return body | {"metadata": {**body["metadata"], "uid": uid}}


MISTAKES = (
    mistaken_label,
    mistaken_field,
    mistaken_name,
    mistaken_namespace,
    mistaken_version,
    mistaken_version,
    mistaken_uid,
)


def apply(sequence: Sequence) -> Step:
    kind, name = sequence.target()
    chance = sequence.chance
    make = bodies.whole if chance.random() < 0.7 else bodies.part
    body = sequence.spoilt(make(chance, kind, name))
    force = {"force": "true"} if chance.random() < 0.3 else {}
    return {"apply": body, "of": f"{kind}/{name}", **sequence.manager(0.98), **force}


def apply_status(sequence: Sequence) -> Step:
    kind, name = sequence.target()
    if kind not in bodies.STATUS:
        return apply(sequence)
    head = {"apiVersion": bodies.API[kind], "kind": kind, "metadata": {"name": name}}
    body = {**head, "status": bodies.status(sequence.chance, kind)}
    return {"apply": body, "of": f"{kind}/{name}/status", **sequence.manager(1)}


def create(sequence: Sequence) -> Step:
    kind, name = sequence.target()
    body = sequence.spoilt(bodies.whole(sequence.chance, kind, name))
    return {"create": body, **sequence.manager(), **sequence.validation()}


def replace(sequence: Sequence) -> Step:
    kind, name = sequence.target()
    chance = sequence.chance
    body = bodies.whole(chance, kind, name)
    versions = ["", "$version", "$version", "$stale"]
    if kind == "Widget":
        versions.append("$version")
    if version := chance.choice(versions):
        body["metadata"]["resourceVersion"] = version
    body = sequence.spoilt(body)
    return {"replace": body, "of": f"{kind}/{name}", **sequence.manager(), **sequence.validation()}


def replace_status(sequence: Sequence) -> Step:
    kind, name = sequence.target()
    if kind not in bodies.STATUS:
        return replace(sequence)
    chance = sequence.chance
    body = bodies.whole(chance, kind, name) | {"status": bodies.status(chance, kind)}
    body["metadata"] = {"name": name, "resourceVersion": "$version"}
    return {"replace": body, "of": f"{kind}/{name}/status", **sequence.manager()}


def nulled(chance: Random, value: Any) -> Any:
    """A merge patch that also removes."""
    if not isinstance(value, dict):
        return None if chance.random() < 0.1 else value
    return {key: nulled(chance, part) for key, part in value.items()}


def merge(sequence: Sequence) -> Step:
    kind, name = sequence.target()
    chance = sequence.chance
    body = bodies.part(chance, kind, name)
    kept = {key: body[key] for key in body if key not in ("apiVersion", "kind", "metadata")}
    patch: Step = nulled(chance, kept)
    if chance.random() < 0.5:
        patch["metadata"] = {"labels": nulled(chance, bodies.words(chance))}
    verb = "merge" if kind == "Widget" or chance.random() < 0.5 else "strategic"
    return {verb: patch, "of": f"{kind}/{name}", **sequence.manager(), **sequence.validation()}


def merge_status(sequence: Sequence) -> Step:
    kind, name = sequence.target()
    if kind not in bodies.STATUS:
        return merge(sequence)
    patch = {"status": bodies.status(sequence.chance, kind), "spec": {"replicas": 9, "size": 9}}
    return {"merge": patch, "of": f"{kind}/{name}/status", **sequence.manager()}


POINTERS = {
    "ConfigMap": tuple(f"/data/{key}" for key in KEYS),
    "Secret": ("/type",),
    "Deployment": ("/spec/replicas", "/spec/template/spec/containers/0/image"),
    "Widget": ("/spec/size", "/spec/color"),
}
VALUES = {
    "/spec/replicas": (1, 2, 3),
    "/spec/size": (1, 2, 3),
    "/spec/color": ("red", "blue", "green"),
    "/spec/template/spec/containers/0/image": ("web:1", "web:2"),
}


def json_patch(sequence: Sequence) -> Step:
    kind, name = sequence.target()
    chance = sequence.chance
    paths = (*POINTERS.get(kind, ()), "/metadata/labels/app", "/metadata/annotations/note")
    patch = []
    for _ in range(chance.randint(1, 3)):
        path = chance.choice(paths)
        op = chance.choice(["add", "add", "add", "replace", "remove", "test"])
        value = chance.choice(VALUES.get(path, ("1", "2", "3")))
        patch.append({"op": op, "path": path} | ({} if op == "remove" else {"value": value}))
    return {"json": patch, "of": f"{kind}/{name}", **sequence.manager()}


def delete(sequence: Sequence) -> Step:
    kind, name = sequence.target()
    chance = sequence.chance
    # A Foreground or Orphan deletion waits for a garbage collector, which runs nowhere here.
    options: Step = {"propagationPolicy": "Background"}
    wanted = {
        "uid": ("$uid", "0b3f1c1e-0000-4000-8000-000000000009"),
        "resourceVersion": ("$version", "$stale"),
    }
    if conditions := bodies.some(chance, wanted, 0.3):
        options["preconditions"] = conditions
    found: Step = {"delete": f"{kind}/{name}", "options": options}
    # A deleted namespace waits for a controller.
    if kind == "Namespace":
        options["dryRun"] = ["All"]
    return found


def delete_all(sequence: Sequence) -> Step:
    kind = next((kind for kind in sequence.kinds if kind not in ("Namespace", "Service")), "Role")
    params = {"labelSelector": "app=x"} if sequence.chance.random() < 0.7 else {}
    return {"delete": kind, "options": {"propagationPolicy": "Background"}, **params}


def get(sequence: Sequence) -> Step:
    kind, name = sequence.target()
    ending = "/status" if kind in bodies.STATUS and sequence.chance.random() < 0.2 else ""
    metadata = {"metadata": True} if sequence.chance.random() < 0.2 else {}
    return {"get": f"{kind}/{name}{ending}", **metadata}


SELECTORS = (
    "app=x",
    "app!=x",
    "app in (x,y)",
    "app notin (x)",
    "app",
    "!app",
    "app=x,tier",
    "free=",
    "app in x",
)


def listing(sequence: Sequence) -> Step:
    chance = sequence.chance
    kind = next((kind for kind in sequence.kinds if kind != "Namespace"), "ConfigMap")
    found: Step = {"list": kind}
    if chance.random() < 0.4:
        found["limit"] = str(chance.randint(1, 2))
    if chance.random() < 0.4:
        found["labelSelector"] = chance.choice(SELECTORS)
    if chance.random() < 0.1:
        found["fieldSelector"] = chance.choice(["metadata.name=a", "metadata.name!=a", "spec.x=1"])
    return found | ({"metadata": True} if chance.random() < 0.3 else {})


VERBS: dict[Callable[[Sequence], Step], int] = {
    apply: 36,
    apply_status: 4,
    create: 8,
    replace: 9,
    replace_status: 3,
    merge: 9,
    merge_status: 3,
    json_patch: 7,
    delete: 8,
    delete_all: 1,
    get: 4,
    listing: 8,
}


def sequence(seed: int, number: int) -> list[Step]:
    """The steps of one sequence: the same for the same two numbers."""
    first: list[Step] = []
    made = Sequence(seed, number)
    # Most objects are there before it begins, as they are in life.
    for kind in made.kinds:
        for name in made.names:
            if made.chance.random() < 0.5:
                called = f"$namespace-{name}" if kind == "Namespace" else name
                first.append(
                    {"create": bodies.whole(made.chance, kind, called), "manager": "first"}
                )
    return [*first, *made.steps()]
