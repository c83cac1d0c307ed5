"""What a renderer may see and do: its environment, the host's files, its limits.

The launcher takes everything else from it, as far as this kernel allows: a private root that holds
its program, what it is to read and a bounded temporary directory; Landlock, which does the same for
files where namespaces are forbidden; seccomp, which forbids sockets and new processes. Memory is
limited as *data*: Go reserves address space far beyond what it uses, so RLIMIT_AS would refuse at
random, while RLIMIT_DATA counts only what can be written to (measured: helm and kustomize run in
100 MB).
"""

from __future__ import annotations

import functools
import os
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger(__name__)

HOST: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives")
"""Programs of the host and their libraries: of what is a script, or linked to libraries."""
NETWORKED: Final = (
    "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl", "/etc/pki",
)  # fmt: skip
DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/urandom")
_INTERPRETER: Final = 3  # PT_INTERP: a program header that names the loader of libraries
_PROGRAMS: Final = "/usr/local/bin:/usr/bin:/bin"
_NOWHERE: Final = "http://127.0.0.1:9"  # the discard port
_WITHOUT: Final = {
    "namespaces": "it shares the host's processes, and its temporary files are bounded one by one",
    "landlock": "what the worker may read, it may read where there are no namespaces either",
    "seccomp": "it may start processes, and open connections where there are no namespaces either",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a renderer needs beside its own program and its home."""

    reads: tuple[Path, ...] = ()  # files and directories
    programs: tuple[Path, ...] = ()  # that it starts itself
    host: bool = False  # whether it may start the host's too
    network: bool = False
    directory: Path | None = None  # where it starts; None: in its home
    given: bytes = b""  # on standard input


def environment(
    home: str, temporary: str, *, memory: int, network: bool, host: bool
) -> dict[str, str]:
    """Return the whole environment of a renderer: nothing of ours is in it."""
    proxies = {} if network else {"HTTP_PROXY": _NOWHERE, "HTTPS_PROXY": _NOWHERE}
    return {
        "PATH": _PROGRAMS if host else "",
        "HOME": temporary,
        "TMPDIR": temporary,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "XDG_CACHE_HOME": f"{temporary}/cache",
        "XDG_CONFIG_HOME": f"{temporary}/config",
        "XDG_DATA_HOME": f"{temporary}/data",
        "HELM_CACHE_HOME": f"{temporary}/cache/helm",
        "HELM_CONFIG_HOME": f"{temporary}/config/helm",
        "HELM_DATA_HOME": f"{temporary}/data/helm",
        "HELM_PLUGINS": f"{home}/plugins",
        "KUBECONFIG": f"{home}/kubeconfig",
        "GOMEMLIMIT": str(memory * 9 // 10),
        "GOGC": "400",  # short runs of little garbage: a third less processor time
        "GOMAXPROCS": "2",  # so that a worker's slots share the cores
        **proxies,
    }


def limits(*, memory: int, cpu_seconds: int, file_size: int) -> dict[str, int]:
    """Return the limits of each process of a renderer."""
    return {
        "RLIMIT_DATA": memory,
        "RLIMIT_CPU": cpu_seconds,
        "RLIMIT_FSIZE": file_size,
        "RLIMIT_CORE": 0,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Paths of the host that a renderer sees, beside its home."""

    readable: list[str]
    executable: list[str]
    devices: list[str]


def seen(programs: Iterable[str], needs: Needs) -> Seen:
    """Return what a renderer sees: these programs, and the host's where one of them needs those.

    Raises:
        OSError: a program is not there.
    """
    places = {path: os.path.realpath(path) for path in programs}
    executable = [*places, *places.values()]
    devices = list(DEVICES) if needs.host or needs.programs else []
    if needs.host or not all(_is_alone(path, Path(path).stat().st_mtime_ns) for path in places):
        executable += (*HOST, *_python())
        devices = list(DEVICES)
    readable = [*map(str, needs.reads), *(NETWORKED if needs.network else ())]
    return Seen(readable=readable, executable=executable, devices=devices)


def tell(features: Mapping[str, bool]) -> None:
    """Log once what this kernel, or the container runtime, does not let us take from renderers."""
    _tell(tuple(name for name in _WITHOUT if not features.get(name)))


@functools.cache
def _tell(missing: tuple[str, ...]) -> None:
    if missing:
        consequences = "; ".join(f"no {name}: {_WITHOUT[name]}" for name in missing)
        log.warning(
            "renderer_not_isolated", missing=list(missing), detail=f"a renderer has {consequences}"
        )


def _python() -> Iterator[str]:
    """Scripts are often Python's, and ours may be anywhere."""
    for path in {sys.prefix, sys.base_prefix}:
        if not path.startswith("/usr"):
            yield path


@functools.lru_cache(maxsize=64)
def _is_alone(path: str, _changed: int) -> bool:
    """Whether a program runs without any other file: an ELF file that names no loader."""
    with Path(path).open("rb") as file:
        head = file.read(64)
        if head[:6] != b"\x7fELF\x02\x01":  # 64 bits, little-endian
            return False
        (start,) = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        file.seek(start)
        table = file.read(size * count)
    return _INTERPRETER not in {struct.unpack_from("<I", table, size * n)[0] for n in range(count)}
