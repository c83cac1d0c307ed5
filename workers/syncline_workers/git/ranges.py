"""Semver ranges over tag names: ``>=1.2 <2``, ``^1.2``, ``~1.2.3``, ``1.x``, ``1.2 - 1.4``, ``*``.

The grammar is npm's, which Masterminds (Helm, Flux) shares: comparators joined by spaces or commas
must all hold, ``||`` gives alternatives. A pre-release matches only where one of the joined
comparators names a pre-release: ``>=1.2.0-0`` lets all of them in. A tag counts where it is a full
``MAJOR.MINOR.PATCH`` with or without a leading ``v``; pure, knows no Git.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from semver import Version

_NUMBER = r"(?:0|[1-9][0-9]{0,15}|[xX*])"
_PARTIAL: Final = (
    rf"[vV]?(?P<major>{_NUMBER})(?:\.(?P<minor>{_NUMBER})(?:\.(?P<patch>{_NUMBER})"
    r"(?:-(?P<pre>[0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?)?)?"
)
_COMPARATOR = re.compile(rf"(?P<operator>>=|=>|<=|=<|~>|!=|[<>=~^])?\s*{_PARTIAL}(?:[\s,]+|$)")
_HYPHEN = re.compile(r"\s*(\S+)\s+-\s+(\S+)\s*")
_ANY = "xX*"
_LOWEST_PRE = "0"


@dataclass(frozen=True, slots=True)
class Bound:
    """One side of an interval, or ``!=``."""

    operator: str  # >=, >, <, <= or !=
    version: Version

    def admits(self, version: Version) -> bool:
        """Whether the version lies on the right side."""
        order = version.compare(self.version)
        return {
            ">=": order >= 0,
            ">": order > 0,
            "<": order < 0,
            "<=": order <= 0,
            "!=": order != 0,
        }[self.operator]


@dataclass(frozen=True, slots=True)
class Joined:
    """Bounds that must all hold."""

    bounds: tuple[Bound, ...]
    prereleases: bool  # one of the comparators names a pre-release

    def admits(self, version: Version) -> bool:
        """Whether the version holds all of them."""
        if version.prerelease and not self.prereleases:
            return False
        return all(bound.admits(version) for bound in self.bounds)


Range = tuple[Joined, ...]
"""Alternatives, of which one must hold."""


def parse(text: str) -> Range | None:
    """Read a range; None where the text is none: then it is a name that does not exist."""
    alternatives = [_joined(part.strip()) for part in text.split("||")]
    found = tuple(one for one in alternatives if one is not None)
    return found if len(found) == len(alternatives) else None


def best(text: str, tags: Iterable[str]) -> str | None:
    """Give the tag with the highest version in the range.

    Tags of equal precedence (``v1.0.0`` and ``1.0.0``, other build metadata) are told apart by
    name, so that every worker picks the same one. None: it is no range, or nothing is in it.
    """
    wanted = parse(text)
    if wanted is None:
        return None
    inside = [
        (version, tag)
        for tag, version in versions(tags).items()
        if any(joined.admits(version) for joined in wanted)
    ]
    return max(inside)[1] if inside else None


def versions(tags: Iterable[str]) -> Mapping[str, Version]:
    """Tag → version, for the tags that are versions."""
    read = ((tag, _version(tag)) for tag in tags)
    return {tag: version for tag, version in read if version is not None}


@lru_cache(maxsize=20_000)  # the same tags are read again at each look-up, and for each range
def _version(tag: str) -> Version | None:
    try:
        return Version.parse(tag[1:] if tag[:1] in ("v", "V") else tag)
    except ValueError:
        return None


def _joined(text: str) -> Joined | None:
    if not text:
        return None
    if match := _HYPHEN.fullmatch(text):
        text = f">={match[1]} <={match[2]}"
    bounds: list[Bound] = []
    prereleases = False
    position = 0
    while position < len(text):
        comparator = _COMPARATOR.match(text, position)
        if comparator is None:
            return None
        found = _bounds(comparator)
        if found is None:
            return None
        bounds += found
        prereleases = prereleases or bool(comparator["pre"])
        position = comparator.end()
    return Joined(tuple(bounds), prereleases)


def _bounds(comparator: re.Match[str]) -> tuple[Bound, ...] | None:
    """Turn one comparator into an interval; None where it cannot be read."""
    operator = {None: "=", "=>": ">=", "=<": "<=", "~>": "~"}.get(
        comparator["operator"], comparator["operator"]
    )
    numbers = _numbers(comparator)
    pre = comparator["pre"]
    if pre and not Version.is_valid(f"0.0.0-{pre}"):
        return None
    major, minor, patch, *_ = *numbers, 0, 0, 0
    low = Version(major, minor, patch, prerelease=pre)
    if len(numbers) == 3:  # noqa: PLR2004 -- major, minor and patch
        return _full(operator, low)
    if pre:
        return None
    return _partial(operator, numbers, low)


def _numbers(comparator: re.Match[str]) -> list[int]:
    """Give the numbers before the first wildcard or missing part."""
    found: list[int] = []
    for part in (comparator["major"], comparator["minor"], comparator["patch"]):
        if part is None or part in _ANY:
            break
        found.append(int(part))
    return found


def _full(operator: str, version: Version) -> tuple[Bound, ...]:
    if operator == "=":
        return (Bound(">=", version), Bound("<=", version))
    if operator == "~":
        return (Bound(">=", version), _below(version.bump_minor()))
    if operator == "^":
        return (Bound(">=", version), _below(_next_breaking(version)))
    if operator == "<" and not version.prerelease:
        return (_below(version),)
    return (Bound(operator, version),)


def _partial(operator: str, numbers: list[int], low: Version) -> tuple[Bound, ...] | None:
    """Read ``1.2`` as all of 1.2.x: ``>1.2`` begins at 1.3.0, ``<=1.2`` ends before it."""
    if not numbers:
        return None if operator in ("<", ">", "!=") else ()
    high = low.bump_major() if len(numbers) == 1 else low.bump_minor()
    if operator == "^" and len(numbers) > 1:
        high = low.bump_major() if low.major else low.bump_minor()
    if operator in ("=", "~", "^"):
        return (Bound(">=", low), _below(high))
    edges = {
        ">=": Bound(">=", low),
        ">": Bound(">=", high),
        "<": _below(low),
        "<=": _below(high),
    }
    return (edges[operator],) if operator in edges else None


def _next_breaking(version: Version) -> Version:
    """Give the first version that ``^`` leaves out: the leftmost number that is not 0 grows."""
    if version.major:
        return version.bump_major()
    return version.bump_minor() if version.minor else version.bump_patch()


def _below(version: Version) -> Bound:
    """Lie below a version and all of its pre-releases: 2.0.0-rc.1 is not in ``<2``."""
    return Bound("<", version.finalize_version().replace(prerelease=_LOWEST_PRE))
