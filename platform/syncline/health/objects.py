"""Live objects from a text: YAML of many documents, JSON, lists as kubectl and the API print."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from syncline.errors import InvalidDocument
from syncline.model import yaml
from syncline.model.values import Manifest


def read(text: str, *, source: str) -> Iterator[Manifest]:
    """Read every object, those of lists included; empty documents are skipped.

    Raises:
        InvalidDocument: the text is broken, or a document is no object.
        LimitExceeded: it is too large.
    """
    documents = yaml.load_all(text, source=source, fault=InvalidDocument, last_key_wins=True)
    for number, document in enumerate(documents, start=1):
        if document is not None:
            yield from _objects(document, source=source, place=f"document {number}")


def _objects(found: Any, *, source: str, place: str) -> Iterator[Manifest]:
    if not isinstance(found, dict) or not isinstance(found.get("kind"), str):
        raise InvalidDocument(source, f"{place}: is no object with apiVersion and kind")
    items = found.get("items")
    if found["kind"].endswith("List") and isinstance(items, list):
        typed = {"apiVersion": found.get("apiVersion"), "kind": found["kind"].removesuffix("List")}
        for number, item in enumerate(items, start=1):
            inner = {**typed, **item} if isinstance(item, dict) else item
            yield from _objects(inner, source=source, place=f"{place}, item {number}")
        return
    metadata = found.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise InvalidDocument(source, f"{place}: metadata.name: is required")
    if not isinstance(found.get("apiVersion"), str):
        raise InvalidDocument(source, f"{place}: apiVersion: is required")
    yield found
