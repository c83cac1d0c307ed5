"""What Deployments, StatefulSets, DaemonSets and ReplicaSets have in common: a selector, a pod."""

from __future__ import annotations

import json
from typing import Any

from typing_extensions import override

from syncline.simulator.kinds.behaviour import Behaviour, Object, Problem, invalid, required
from syncline.simulator.kinds.pod import default_spec, spec_problems

MISMATCH = "`selector` does not match template `labels`"


def shown(value: Any) -> str:
    """Return a value as the API server quotes it in a message."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True) if value else "null"


class Workload(Behaviour):
    """A kind with `spec.selector` and `spec.template`."""

    counts_generation = True
    field_is_immutable = "field is immutable"
    word = "deployment"

    @override
    def default(self, obj: Object) -> None:
        default_spec(obj["spec"]["template"]["spec"])
        self.default_workload(obj["spec"])

    def default_workload(self, spec: dict[str, Any]) -> None:
        """Fill in what is particular to the kind, in place."""

    def own_problems(self, spec: dict[str, Any]) -> list[Problem]:  # noqa: ARG002 - for kinds
        """Return what makes a spec invalid for the kind alone."""
        return []

    @override
    def problems(self, new: Object, old: Object | None) -> list[Problem]:
        spec = new["spec"]
        labels = spec["template"]["metadata"].get("labels") or {}
        found = selector_problems(spec, labels, self.word)
        found += spec_problems(spec["template"]["spec"], "spec.template.spec")
        found += self.own_problems(spec)
        if old is not None and spec.get("selector") != old["spec"].get("selector"):
            chosen = "{}" if spec.get("selector") == {} else shown(spec.get("selector"))
            found.append(invalid("spec.selector", chosen, self.field_is_immutable))
        return found


def count_problems(obj: Object, names: tuple[str, ...]) -> list[Problem]:
    """Return which counts of a status are beyond its replicas."""
    status = obj.get("status") or {}
    most = status.get("replicas", 0)
    return [
        invalid(f"status.{name}", str(status[name]), "cannot be greater than status.replicas")
        for name in names
        if status.get(name, 0) > most
    ]


def selector_problems(spec: dict[str, Any], labels: dict[str, str], word: str) -> list[Problem]:
    """Return what is wrong between the selector and the template's labels."""
    selector = spec.get("selector")
    if selector is None:
        no_match = invalid("spec.template.metadata.labels", shown(labels), MISMATCH)
        return [required("spec.selector"), no_match]
    if not selector:
        why = f"empty selector is invalid for {word}"
        return [invalid("spec.selector", "{}", why)]
    wanted = selector.get("matchLabels") or {}
    if all(labels.get(key) == value for key, value in wanted.items()):
        return []
    return [invalid("spec.template.metadata.labels", shown(labels), MISMATCH)]
