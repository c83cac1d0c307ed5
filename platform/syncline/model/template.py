"""Texts of an application that are filled in for each of its clusters (``places`` says how).

The values of its parameters are, and what its checks ask; nothing else of an application is.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncline.errors import InvalidDocument
from syncline.model.places import Unresolved, fill
from syncline.model.records import ClusterRecord


def resolve(
    parameters: Mapping[str, str],
    cluster: ClusterRecord,
    *,
    subject: str,
    what: str = "parameter",
) -> dict[str, str]:
    """Fill in every value for one cluster.

    Args:
        parameters: name → value, as the application has them.
        cluster: whose name and labels are filled in.
        subject: the application's name, for errors.
        what: these are, for errors.

    Raises:
        InvalidDocument: a label that the cluster lacks, or no such expression; one line each.
    """

    def label(key: str) -> str:
        if key not in cluster.labels:
            known = ", ".join(sorted(cluster.labels)) or "no labels"
            raise Unresolved(f"cluster {cluster.name!r} has no label {key!r}; it has {known}")
        return cluster.labels[key]

    resolved, mistakes = {}, []
    for name, value in parameters.items():
        try:
            resolved[name] = fill(value, cluster.name, label)
        except Unresolved as exc:
            mistakes.append(f"{what} {name!r}: {exc}")
    if mistakes:
        raise InvalidDocument(subject, "\n".join(mistakes))
    return resolved
