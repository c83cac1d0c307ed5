"""Which files a source's globs choose. Linear in the names' lengths, whatever the glob."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from typing import Final

from syncline.errors import PathNotFound
from syncline.model.renderer_options import PlainOptions

_SHOWN: Final = 10  # names in an error


def matches(pattern: str, path: str) -> bool:
    """Whether a path below the source matches; a glob without ``/`` is for the name alone."""
    names = path.split("/")
    parts = pattern.split("/")
    if len(parts) == 1 and pattern != "**":
        return fnmatch.fnmatchcase(names[-1], pattern)
    places = _opened({0}, parts)  # how much of the pattern is used up; several may be possible
    for name in names:
        places = _opened({after for at in places for after in _after(at, parts, name)}, parts)
    return len(parts) in places


def _after(at: int, parts: Sequence[str], name: str) -> tuple[int, ...]:
    if at == len(parts):
        return ()
    if parts[at] == "**":
        return (at,)
    return (at + 1,) if fnmatch.fnmatchcase(name, parts[at]) else ()


def _opened(places: set[int], parts: Sequence[str]) -> set[int]:
    """With each ``**`` that may stand for nothing left behind too."""
    found = set(places)
    for at in sorted(places):
        after = at
        while after < len(parts) and parts[after] == "**":
            after += 1
            found.add(after)
    return found


def chosen(
    paths: Iterable[str], directory: str, options: PlainOptions, *, subject: str
) -> list[str]:
    """Return the paths that the globs choose, in their order.

    Args:
        paths: manifests, as paths in the repository.
        directory: what the globs are relative to.
        options: the globs.
        subject: the source's path, for errors.

    Raises:
        PathNotFound: a glob of ``include`` matches none; names what is there.
    """
    inner = {path: path if directory == "." else path[len(directory) + 1 :] for path in paths}
    for pattern in options.include:
        if not any(matches(pattern, name) for name in inner.values()):
            raise PathNotFound(
                subject, f"plain.include {pattern!r} matches no manifest: {_there(inner.values())}"
            )
    return [
        path
        for path, name in inner.items()
        if (not options.include or any(matches(one, name) for one in options.include))
        and not any(matches(one, name) for one in options.exclude)
    ]


def _there(names: Iterable[str]) -> str:
    found = list(names)
    if not found:
        return "there is none"
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"there is {', '.join(found[:_SHOWN])}{more}"
