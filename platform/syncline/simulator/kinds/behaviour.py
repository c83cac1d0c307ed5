"""What a kind may do beside being kept; each method does nothing unless a kind says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncline.simulator.store.cluster import Cluster

Object = dict[str, Any]
Problem = dict[str, str]


class Behaviour:
    """A kind's particulars.

    `counts_generation`: metadata.generation grows with the spec. `keeps_labels_with_status`: a
    write of the status leaves the labels alone.
    """

    counts_generation = False
    keeps_labels_with_status = False
    name_rule = "subdomain"

    def default(self, obj: Object) -> None:
        """Fill in, in place, what the API server defaults on every write."""

    def allocate(self, cluster: Cluster, new: Object, old: Object | None) -> None:
        """Fill in, in place, what only the cluster knows (addresses, node ports)."""

    def problems(self, new: Object, old: Object | None) -> list[Problem]:  # noqa: ARG002 - for kinds
        """Return what makes the object invalid; `old` is None on create."""
        return []

    def status_problems(self, new: Object) -> list[Problem]:  # noqa: ARG002 - for kinds
        """Return what makes a status invalid that was written by itself."""
        return []

    def is_rewritten(self, created: Object) -> bool:  # noqa: ARG002 - for kinds
        """Tell whether the first write after a creation stores the object anew, effect or not.

        So it is where the API server reads its own bytes otherwise than it wrote them.
        """
        return False

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


def duplicate(field: str, value: str) -> Problem:
    """Return the problem of a value that may be there once only."""
    return {
        "reason": "FieldValueDuplicate",
        "message": f"Duplicate value: {value}",
        "field": field,
    }


def forbidden(field: str, why: str) -> Problem:
    """Return the problem of a field that may not be set or changed here."""
    message = f"Forbidden: {why}"
    return {"reason": "FieldValueForbidden", "message": message, "field": field}


def unsupported(field: str, value: str, known: list[str]) -> Problem:
    """Return the problem of a value that is none of the known ones."""
    shown = ", ".join(f'"{word}"' for word in known)
    message = f'Unsupported value: "{value}": supported values: {shown}'
    return {"reason": "FieldValueNotSupported", "message": message, "field": field}
