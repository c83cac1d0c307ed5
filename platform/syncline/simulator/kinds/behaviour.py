"""What a kind may do beside being kept; each method does nothing unless a kind says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncline.simulator.store.cluster import Cluster

Object = dict[str, Any]
Problem = dict[str, str]


class Behaviour:
    """A kind's particulars.

    `counts_generation`: metadata.generation grows with the spec. `is_rewritten_once`: the API
    server stores the object anew at the first write after its creation, effect or not.
    """

    counts_generation = False
    is_rewritten_once = False
    name_rule = "subdomain"

    def default(self, obj: Object) -> None:
        """Fill in, in place, what the API server defaults on every write."""

    def allocate(self, cluster: Cluster, new: Object, old: Object | None) -> None:
        """Fill in, in place, what only the cluster knows (addresses, node ports)."""

    def problems(self, new: Object, old: Object | None) -> list[Problem]:  # noqa: ARG002 - for kinds
        """Return what makes the object invalid; `old` is None on create."""
        return []

    def generation_input(self, obj: Object) -> Any:
        """Return what, when it changes, is a new generation."""
        ignored = ("metadata", "status", "apiVersion", "kind")
        return {key: part for key, part in obj.items() if key not in ignored}


PLAIN = Behaviour()


def required(field: str, why: str = "") -> Problem:
    """Return the problem of an absent value."""
    message = f"Required value: {why}" if why else "Required value"
    return {"reason": "FieldValueRequired", "message": message, "field": field}


def invalid(field: str, value: str, why: str) -> Problem:
    """Return the problem of a value that cannot be; `value` is shown as Go prints it."""
    message = f"Invalid value: {value}: {why}"
    return {"reason": "FieldValueInvalid", "message": message, "field": field}


def forbidden(field: str, why: str) -> Problem:
    """Return the problem of a field that may not be set or changed here."""
    message = f"Forbidden: {why}"
    return {"reason": "FieldValueForbidden", "message": message, "field": field}


def unsupported(field: str, value: str, known: list[str]) -> Problem:
    """Return the problem of a value that is none of the known ones."""
    shown = ", ".join(f'"{word}"' for word in known)
    message = f'Unsupported value: "{value}": supported values: {shown}'
    return {"reason": "FieldValueNotSupported", "message": message, "field": field}
