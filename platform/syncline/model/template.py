"""Texts of an application that are filled in for each of its clusters (``places`` says how).

The values of its parameters are, what it lays over a kustomization, and what its checks ask;
nothing else of an application is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from syncline.errors import InvalidDocument
from syncline.model.kustomize_options import KustomizeOptions
from syncline.model.places import Unresolved, fill
from syncline.model.records import ClusterRecord
from syncline.model.source import Source

_NOTHING: Final = KustomizeOptions()


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
    resolved, mistakes = {}, []
    for name, value in parameters.items():
        try:
            resolved[name] = _filled(value, cluster)
        except Unresolved as exc:
            mistakes.append(f"{what} {name!r}: {exc}")
    if mistakes:
        raise InvalidDocument(subject, "\n".join(mistakes))
    return resolved


def resolve_within(value: Any, cluster: ClusterRecord, *, subject: str, place: str) -> Any:
    """Fill in every text of a JSON value, keys excepted.

    Args:
        value: the value.
        cluster: as for `resolve`.
        subject: the application's name, for errors.
        place: where the value stands in the application.

    Raises:
        InvalidDocument: as `resolve`, for the first of them.
    """
    if isinstance(value, dict):
        return {
            key: resolve_within(item, cluster, subject=subject, place=f"{place}.{key}")
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            resolve_within(item, cluster, subject=subject, place=f"{place}[{number}]")
            for number, item in enumerate(value)
        ]
    try:
        return _filled(value, cluster) if isinstance(value, str) else value
    except Unresolved as exc:
        raise InvalidDocument(subject, f"{place}: {exc}") from exc


def overlay(source: Source, cluster: ClusterRecord, *, subject: str) -> dict[str, Any]:
    """Fill in what a source lays over its kustomization; {}: nothing.

    Raises:
        InvalidDocument: as `resolve_within`.
    """
    if source.kustomize == _NOTHING:
        return {}
    filled: dict[str, Any] = resolve_within(
        source.kustomize.overlay(), cluster, subject=subject, place="spec.source.kustomize"
    )
    return filled


def _filled(text: str, cluster: ClusterRecord) -> str:
    def label(key: str) -> str:
        if key not in cluster.labels:
            known = ", ".join(sorted(cluster.labels)) or "no labels"
            raise Unresolved(f"cluster {cluster.name!r} has no label {key!r}; it has {known}")
        return cluster.labels[key]

    return fill(text, cluster.name, label)
