"""Texts of an application that are filled in for each of its clusters (``places`` says how).

The values of its parameters are, what it lays over a kustomization, and what its checks ask;
nothing else of an application is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from syncline.errors import InvalidDocument
from syncline.model.kustomize_options import KustomizeOptions
from syncline.model.places import Missing, Place, Unresolved, fill
from syncline.model.records import ClusterRecord
from syncline.model.source import Source

_NOTHING: Final = KustomizeOptions()


Find: TypeAlias = Callable[[Place], str]
"""The value of a variable."""


def unknown(place: Place) -> str:
    """Find no variable: for texts that may have none.

    Raises:
        Unresolved: always.
    """
    raise Unresolved(f"{place.written}: variables are not known here")


def left(place: Place) -> str:
    """Leave the place of a variable as it is written: what it holds only a run knows."""
    return place.written


def resolve(
    parameters: Mapping[str, str],
    cluster: ClusterRecord,
    *,
    subject: str,
    what: str = "parameter",
    find: Find = unknown,
) -> dict[str, str]:
    """Fill in every value for one cluster.

    Args:
        parameters: name → value, as the application has them.
        cluster: whose name, labels and values are filled in.
        subject: the application's name, for errors.
        what: these are, for errors.
        find: the value of a variable.

    Raises:
        InvalidDocument: what the cluster lacks, or no such expression; one line each.
    """
    resolved, mistakes = {}, []
    for name, value in parameters.items():
        try:
            resolved[name] = _filled(value, cluster, find)
        except Unresolved as exc:
            mistakes.append(f"{what} {name!r}: {exc}")
    if mistakes:
        raise InvalidDocument(subject, "\n".join(mistakes))
    return resolved


def resolve_within(
    value: Any, cluster: ClusterRecord, *, subject: str, place: str, find: Find = unknown
) -> Any:
    """Fill in every text of a JSON value, keys excepted.

    Args:
        value: the value.
        cluster: as for `resolve`.
        subject: the application's name, for errors.
        place: where the value stands in the application.
        find: as for `resolve`.

    Raises:
        InvalidDocument: as `resolve`, for the first of them.
    """
    if isinstance(value, dict):
        return {
            key: resolve_within(item, cluster, subject=subject, place=f"{place}.{key}", find=find)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            resolve_within(item, cluster, subject=subject, place=f"{place}[{number}]", find=find)
            for number, item in enumerate(value)
        ]
    try:
        return _filled(value, cluster, find) if isinstance(value, str) else value
    except Unresolved as exc:
        raise InvalidDocument(subject, f"{place}: {exc}") from exc


def overlay(
    source: Source, cluster: ClusterRecord, *, subject: str, find: Find = unknown
) -> dict[str, Any]:
    """Fill in what a source lays over its kustomization; {}: nothing.

    Raises:
        InvalidDocument: as `resolve_within`.
    """
    if source.kustomize == _NOTHING:
        return {}
    filled: dict[str, Any] = resolve_within(
        source.kustomize.overlay(),
        cluster,
        subject=subject,
        place="spec.source.kustomize",
        find=find,
    )
    return filled


def _filled(text: str, cluster: ClusterRecord, find: Find) -> str:
    def look(place: Place) -> str:
        match place.of:
            case "name":
                return cluster.name
            case "labels":
                return _of_cluster(cluster, "label", cluster.labels, place.key)
            case "values":
                return _of_cluster(cluster, "value", cluster.spec.values, place.key)
        return find(place)

    return fill(text, look)


def _of_cluster(cluster: ClusterRecord, what: str, there: Mapping[str, str], key: str) -> str:
    if key not in there:
        known = ", ".join(sorted(there)) or f"no {what}s"
        raise Missing(f"cluster {cluster.name!r} has no {what} {key!r}; it has {known}")
    return there[key]
