"""What kustomize takes for a remote base, read as repository, directory and commit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from syncline.errors import InvalidDocument
from syncline.model import giturl

_LIKE: Final = re.compile(r"[\w+.-]+://|[\w.-]+@[\w.-]+:|git::|[\w-]+(\.[\w-]+)+(:\d+)?/|.*\?ref=")
_OPTIONS: Final = {"ref", "version", "timeout", "submodules"}
_END: Final = re.compile(r"(?<=[^/:])//|(?<=\.git)/")  # of the repository's part
_GITHUB: Final = re.compile(r"(.*\bgithub\.com[:/][^/]+/[^/]+)/(.*)")


@dataclass(frozen=True, slots=True)
class Named:
    """A directory of another repository."""

    address: str
    path: str
    ref: str


def is_like(path: str) -> bool:
    """Whether kustomize could take a path for a remote one."""
    return bool(_LIKE.match(path))


def parse(written: str) -> Named:
    """Read ``https://host/org/repo//path?ref=…``, and what else kustomize accepts of it.

    Raises:
        InvalidDocument: it is something else, or has no ``ref``.
    """
    whole, _, query = written.removeprefix("git::").partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := sorted(options.keys() - _OPTIONS):
        raise InvalidDocument(written, f"has the unknown option {unknown[0]}")
    ref = options.get("ref") or options.get("version") or ""
    if not ref:
        raise InvalidDocument(written, "names no commit: add ?ref= and its full id")
    if "://" not in whole and "@" not in whole:
        whole = f"https://{whole}"
    if (end := _END.search(whole)) is not None:
        address, path = whole[: end.start()], whole[end.end() :]
    elif (found := _GITHUB.fullmatch(whole)) is not None:
        address, path = found[1], found[2]
    else:
        address, path = whole, ""
    giturl.parse(address)
    return Named(address, path.strip("/") or ".", ref)
