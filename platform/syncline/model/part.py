"""Which objects of an application a request is about, where it is not about all of them."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from syncline.model.change import ObjectRef
from syncline.model.selector import parse_selector
from syncline.model.values import Stored


class Part(Stored):
    """Conditions that must all hold; an empty one holds for every object."""

    kinds: tuple[str, ...] = ()  # Kind or group/Kind, one of them
    names: tuple[str, ...] = ()  # name or namespace/name, one of them; * matches any characters
    labels: str = ""  # a label selector

    @property
    def is_whole(self) -> bool:
        """Whether it leaves no object out."""
        return not (self.kinds or self.names or self.labels)

    def selects(self, ref: ObjectRef, labels: Mapping[str, str]) -> bool:
        """Whether an object belongs to it."""
        named = {ref.kind, f"{ref.group}/{ref.kind}"}
        full = f"{ref.namespace}/{ref.name}"
        return (
            (not self.kinds or not named.isdisjoint(self.kinds))
            and (not self.names or any(_fits(ref.name, full, each) for each in self.names))
            and (not self.labels or parse_selector(self.labels).matches(labels))
        )


def _fits(name: str, full: str, pattern: str) -> bool:
    return fnmatchcase(full if "/" in pattern else name, pattern)
