"""Ingresses and network policies."""

from __future__ import annotations

from typing_extensions import override

from syncline.simulator.kinds.behaviour import Behaviour, Object, Problem, invalid, required

NO_BACKEND = "either `defaultBackend` or `rules` must be specified"


class Ingress(Behaviour):
    """networking/v1 Ingress: rules or a default backend, and a type for every path."""

    counts_generation = True

    @override
    def problems(self, new: Object, old: Object | None) -> list[Problem]:
        spec = new["spec"]
        if not spec.get("rules") and not spec.get("defaultBackend"):
            return [invalid("spec", "null", NO_BACKEND)]
        found: list[Problem] = []
        for number, rule in enumerate(spec.get("rules") or ()):
            for index, path in enumerate((rule.get("http") or {}).get("paths") or ()):
                here = f"spec.rules[{number}].http.paths[{index}]"
                if not path.get("pathType"):
                    found.append(required(f"{here}.pathType", "pathType must be specified"))
        return found


class NetworkPolicy(Behaviour):
    """networking/v1 NetworkPolicy: ingress always, egress where there are rules for it."""

    counts_generation = True

    @override
    def default(self, obj: Object) -> None:
        spec = obj["spec"]
        if not spec.get("policyTypes"):
            spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
