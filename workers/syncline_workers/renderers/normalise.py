"""Documents to manifests: lists flattened, what is no Kubernetes object refused, no object twice.

Whether a kind exists or has a namespace only the cluster knows; nothing is defaulted here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from syncline.errors import LimitExceeded, ManifestInvalid
from syncline.model.names import ObjectKey
from syncline.model.values import Manifest
from syncline_workers.change import hooks

_HOOKS: Final = frozenset(hooks.HOOK)
_MOST_MISTAKES: Final = 20
_NEXT: Final = "mend it, or move it out of the source's path"


@dataclass(frozen=True, slots=True)
class Located:
    """One document, and where it is from: a file of the repository, or a template."""

    origin: str
    value: Any


def locate(origin: str, values: list[Any]) -> Iterator[Located]:
    """Name each document of a file; the number is left out where there is one."""
    for number, value in enumerate(values, start=1):
        yield Located(f"{origin} (document {number})" if len(values) > 1 else origin, value)


def items(origin: str, values: list[Any]) -> Iterator[Located]:
    """Name each document, and each item of one that is an array, as programs write them."""
    for document in locate(origin, values):
        if isinstance(document.value, list):
            for number, item in enumerate(document.value):
                yield Located(f"{document.origin} [{number}]", item)
        else:
            yield document


def manifests(documents: Iterable[Located], *, subject: str, most: int) -> tuple[Manifest, ...]:
    """Return every object, in order; empty documents are dropped, lists flattened.

    Args:
        documents: what was rendered.
        subject: what errors are about: the source's path.
        most: objects that are accepted.

    Raises:
        ManifestInvalid: one line for each document that is no object, or is there twice.
        LimitExceeded: more objects than ``most``.
    """
    made: list[Manifest] = []
    mistakes: list[str] = []
    seen: dict[ObjectKey, str] = {}
    for document in documents:
        for item in _flat(document):
            wrong = list(_mistakes(item.value)) or list(_repeated(item, seen))
            mistakes += [f"{item.origin}: {line}" for line in wrong]
            made.append(item.value)
        if len(made) > most:
            raise LimitExceeded(subject, f"renders more than {most} objects")
    if mistakes:
        raise ManifestInvalid(subject, _listed(mistakes))
    return tuple(made)


def _flat(document: Located) -> Iterator[Located]:
    value = document.value
    if value is None or value == {}:
        return
    if not _is_list(value):
        yield document
        return
    kind = {"apiVersion": value.get("apiVersion"), "kind": value["kind"].removesuffix("List")}
    for number, item in enumerate(value["items"]):
        # The items of a typed list, such as a ConfigMapList, may leave their kind out.
        named = kind | item if kind["kind"] and isinstance(item, dict) else item
        yield from _flat(Located(f"{document.origin} items[{number}]", named))


def _is_list(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("kind"), str)
        and value["kind"].endswith("List")
        and isinstance(value.get("items"), list)
    )


def _mistakes(value: Any) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"is no Kubernetes object but {_shown(value)}: {_NEXT}"
        return
    for field in ("apiVersion", "kind"):
        if not isinstance(value.get(field), str) or not value[field]:
            yield f"is no Kubernetes object, {field} is {_shown(value.get(field))}: {_NEXT}"
            return
    metadata = value.get("metadata")
    if not isinstance(metadata, dict):
        yield f"{value['kind']} has no metadata"
        return
    yield from _metadata_mistakes(value["kind"], metadata)


def _is_hook(metadata: dict[str, Any]) -> bool:
    """Its run gives it a name."""
    annotations = metadata.get("annotations")
    return isinstance(annotations, dict) and not _HOOKS.isdisjoint(annotations)


def _metadata_mistakes(kind: str, metadata: dict[str, Any]) -> Iterator[str]:
    name = metadata.get("name")
    prefix = metadata.get("generateName")
    if not name and prefix and _is_hook(metadata):
        if not isinstance(prefix, str):
            yield f"{kind}: metadata.generateName is {_shown(prefix)}"
        name = prefix
    elif not name and prefix:
        yield f"{kind} has a generateName: an object needs a fixed name to be found again"
    elif not isinstance(name, str) or not name:
        yield f"{kind} has no metadata.name but {_shown(name)}"
    if not isinstance(metadata.get("namespace", ""), str | None):
        yield f"{kind} {name}: metadata.namespace is {_shown(metadata['namespace'])}"
    for field in ("labels", "annotations"):
        yield from _text_mistakes(f"{kind} {name}: metadata.{field}", metadata.get(field))


def _text_mistakes(place: str, value: Any) -> Iterator[str]:
    if value is None:
        return
    if not isinstance(value, dict):
        yield f"{place} must be a mapping, not {_shown(value)}"
        return
    for key, text in value.items():
        if not isinstance(text, str | None):
            yield f"{place}: {key} must be a string, not {_shown(text)}: put it in quotes"


def _repeated(item: Located, seen: dict[ObjectKey, str]) -> Iterator[str]:
    value = item.value
    group, _, _ = value["apiVersion"].rpartition("/")
    metadata = value["metadata"]
    name = metadata.get("name") or metadata["generateName"]
    key = ObjectKey(group, value["kind"], metadata.get("namespace") or "", name)
    if key in seen:
        yield f"{key} is already in {seen[key]}: keep one of them"
    else:
        seen[key] = item.origin


def _listed(mistakes: list[str]) -> str:
    lines = mistakes[:_MOST_MISTAKES]
    if left := len(mistakes) - len(lines):
        lines.append(f"and {left} more")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - part of a line
