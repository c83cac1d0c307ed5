"""What a renderer's process is put into, by the programs of util-linux.

Its own user, network and process namespaces: no network but a loopback that is down, no process
outlives it, no privilege can be gained; and limits on memory, processor time and files. A
``preexec_fn`` would do the same, but is not safe in a process with threads. Memory is limited as
*data*: Go reserves address space far beyond what it uses, so RLIMIT_AS would refuse at random,
while RLIMIT_DATA counts only what can be written to (measured: helm and kustomize run in 100 MB).

Where the kernel or the container runtime forbids namespaces, or on another system, it runs
without, with one line in the log; the environment then still names a proxy that is not there.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
from typing import Final

import structlog

log = structlog.get_logger(__name__)

_NAMESPACES: Final = (
    "--user", "--map-current-user", "--net", "--ipc", "--pid", "--fork", "--kill-child",
)  # fmt: skip
_NOWHERE: Final = "http://127.0.0.1:9"  # the discard port


def wrapper(*, memory: int, cpu_seconds: int, file_size: int) -> tuple[str, ...]:
    """Return what to put before a command: limits, then namespaces, as far as they work here."""
    limits = (f"--data={memory}", f"--cpu={cpu_seconds}", f"--fsize={file_size}", "--core=0")
    prlimit = _found("prlimit")
    return (*((prlimit, *limits, "--") if prlimit else ()), *_apart())


def environment(home: str, *, memory: int) -> dict[str, str]:
    """Return the whole environment of a renderer: nothing of ours is in it."""
    return {
        "PATH": "",
        "HOME": home,
        "TMPDIR": home,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "XDG_CACHE_HOME": f"{home}/cache",
        "XDG_CONFIG_HOME": f"{home}/config",
        "XDG_DATA_HOME": f"{home}/data",
        "HELM_CACHE_HOME": f"{home}/cache/helm",
        "HELM_CONFIG_HOME": f"{home}/config/helm",
        "HELM_DATA_HOME": f"{home}/data/helm",
        "HELM_PLUGINS": f"{home}/plugins",
        "KUBECONFIG": f"{home}/kubeconfig",
        "HTTP_PROXY": _NOWHERE,
        "HTTPS_PROXY": _NOWHERE,
        "GOMEMLIMIT": str(memory * 9 // 10),
        "GOGC": "400",  # short runs of little garbage: a third less processor time
        "GOMAXPROCS": "2",  # so that a worker's slots share the cores
    }


@functools.cache
def _apart() -> tuple[str, ...]:
    """The namespaces that work here, tried once in a process."""
    unshare, setpriv = _found("unshare"), _found("setpriv")
    privileges = (setpriv, "--no-new-privs", "--") if setpriv else ()
    whole = (unshare, *_NAMESPACES, "--", *privileges) if unshare else ()
    if whole and _works(whole):
        return whole
    log.warning(
        "renderer_not_isolated",
        detail="user namespaces are not allowed here: a renderer's network is not cut",
    )
    return privileges if privileges and _works(privileges) else ()


def _works(prefix: tuple[str, ...]) -> bool:
    true = _found("true")
    if true is None:
        return False
    try:
        done = subprocess.run(
            [*prefix, true], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _found(name: str) -> str | None:
    return shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin")
