"""The packs of one mirror, joined where there are many: a missing object is looked for in each.

Not ``git repack``: in the partial mirrors that we keep, it either writes all objects anew each time
or, by size, forgets that what they lack is to be had from the server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from syncline_workers.git import command

MOST: Final = 40
"""Packs after which they are joined."""

_WITHIN = 300.0  # seconds
_IDS = 8 + 256 * 4  # bytes of an index before its ids
_PARTS = (".idx", ".rev", ".bitmap", ".promisor", ".mtimes", ".pack")


def count(mirror: Path) -> int:
    """How many objects the packs have together."""
    return sum(_size(index.read_bytes()) for index in (mirror / "objects/pack").glob("*.idx"))


def join(mirror: Path, environment: Mapping[str, str]) -> None:
    """Join the small ones, where there are too many; its caller alone writes the mirror.

    Readers that run find the objects again by themselves. Where it fails nothing is lost: it is
    only about speed.
    """
    found = sorted((mirror / "objects/pack").glob("*.pack"), key=lambda pack: pack.stat().st_size)
    if len(found) <= MOST:
        return
    with suppress(command.TimedOut, command.Flooded, OSError):
        _joined(mirror, _small(found), environment)


def _small(packs: list[Path]) -> list[Path]:
    """The smallest, up to one that is more than twice as large as all before it together.

    So an object is written anew only a few times, however many fetches there are.
    """
    total = packs[0].stat().st_size
    for number, pack in enumerate(packs[1:], 1):
        size = pack.stat().st_size
        if size > 2 * total and number > MOST // 2:
            return packs[:number]
        total += size
    return packs


def _joined(mirror: Path, packs: list[Path], environment: Mapping[str, str]) -> None:
    objects = dict.fromkeys(oid for pack in packs for oid in _objects(pack.with_suffix(".idx")))
    made = command.run(
        ["--git-dir", str(mirror), "pack-objects", "--quiet", str(mirror / "objects/pack/pack")],
        environment,
        cwd=mirror.parent,
        within=_WITHIN,
        given=objects,
    )
    if made.status:
        return
    name = f"pack-{made.stdout.strip()}"
    (mirror / f"objects/pack/{name}.promisor").touch()
    for pack in packs:
        if pack.stem != name:
            for part in _PARTS:
                pack.with_suffix(part).unlink(missing_ok=True)


def _objects(index: Path) -> Iterator[str]:
    """The ids in a pack's index, which lists them by their first byte, then sorted."""
    raw = index.read_bytes()
    for start in range(_IDS, _IDS + 20 * _size(raw), 20):
        yield raw[start : start + 20].hex()


def _size(index: bytes) -> int:
    return int.from_bytes(index[_IDS - 4 : _IDS])
