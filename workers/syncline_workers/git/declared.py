"""Where a repository says that its submodules are: ``.gitmodules``, read by git and not believed.

Whoever can push writes that file. So its names and paths are checked as git checks them since
CVE-2018-11235, though nothing here is ever made of a name, and a URL is an address that the
administrator's and the document's rules still have to admit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from syncline.errors import InvalidDocument
from syncline.model import giturl
from syncline.model.giturl import GitUrl
from syncline_workers.git import command
from syncline_workers.git.walk import Parts, Unsafe

FILE: Final = ".gitmodules"

LARGEST: Final = 1_000_000
"""Bytes of it."""

_WITHIN: Final = 20.0  # seconds


def read(content: bytes, environment: Mapping[str, str], *, cwd: Path) -> dict[str, str]:
    """Read ``.gitmodules``: path → URL as it is written.

    Raises:
        Unsafe: git does not read it, or something in it is not what git would write.
    """
    words = ("config", "--file=-", "--no-includes", "--list", "-z")
    given = [content.decode(errors="replace")]
    try:
        output = command.run(words, environment, cwd=cwd, within=_WITHIN, given=given)
    except (command.TimedOut, command.Flooded) as exc:
        raise Unsafe(f"{FILE} cannot be read") from exc
    if output.status:
        raise Unsafe(f"{FILE} cannot be read: {output.stderr.strip()[:200]}")
    return _paths(_sections(output.stdout))


def resolved(written: str, outer: GitUrl) -> GitUrl:
    """Give the address that is meant; ``./`` and ``../`` begin at the outer repository's.

    Raises:
        Unsafe: it is no address, or climbs above the host.
    """
    shown = giturl.shown(written)[:200]
    if not written.startswith(("./", "../")):
        return _parsed(written, shown)
    above, rest = outer.path.rstrip("/").split("/"), written
    while rest.startswith(("./", "../")):
        step, _, rest = rest.partition("/")
        if step == "..":
            if not any(above):
                raise Unsafe(f"the submodule's URL {shown!r} climbs above its host")
            above.pop()
    place = replace(outer, path="/".join([*above, rest]))
    return _parsed(place.address, shown)


def _parsed(address: str, shown: str) -> GitUrl:
    try:
        return giturl.parse(address)
    except InvalidDocument as exc:
        raise Unsafe(f"the submodule's URL {shown!r} {exc.detail}") from exc


def _sections(listed: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for entry in listed.split("\0"):
        key, _, value = entry.partition("\n")
        section, _, rest = key.partition(".")
        name, dot, variable = rest.rpartition(".")
        if section != "submodule" or not dot or variable not in ("path", "url"):
            continue
        of = found.setdefault(name, {})
        if of.setdefault(variable, value) != value:
            raise Unsafe(f"{FILE} gives submodule {name!r} two values of {variable}")
    return found


def _paths(sections: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    paths: dict[str, str] = {}
    for name, values in sections.items():
        if ".." in name.replace("\\", "/").split("/") or name.startswith("-"):
            raise Unsafe(f"{FILE} holds the name {name!r}, which git refuses")
        path, url = values.get("path", ""), values.get("url", "")
        if not path or not url:
            continue
        if path.startswith(("-", "/")) or ".." in path.split("/"):
            raise Unsafe(f"{FILE} holds the path {path!r}, which git refuses")
        if url.startswith("-"):
            raise Unsafe(f"{FILE} holds the URL {url[:200]!r}, which git refuses")
        if paths.setdefault(path.rstrip("/"), url) != url:
            raise Unsafe(f"{FILE} names {path!r} twice")
    return paths


def shown(place: Parts) -> str:
    """Write a place for people."""
    return "/".join(place).encode(errors="replace").decode()
