"""The pinned versions, read from where they are written, and the cache key of the control plane."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODULE = ROOT / "tests" / "controlplane"
KUBECTL = ROOT / "tests" / "kubectl"
ENGINES = ROOT / "workers" / "engines"


def version(name: str) -> str:
    """The pinned version of a program, without a `v`; kubectl's is the control plane's."""
    return kubernetes().removeprefix("v") if name == "kubectl" else renderer(name)


def renderer(name: str) -> str:
    """The pinned version of a renderer or of `registry`, without a `v`: `4.3.1`."""
    text = (ROOT / "tools" / "versions.env").read_text()
    pinned: dict[str, str] = dict(re.findall(r"^(\w+)=(.+)$", text, re.MULTILINE))
    return pinned[f"{name.upper()}_VERSION"]


def engine_key(renderer: str) -> str:
    """Version and content of what is built for `helm` or `kustomize`, as for the control plane."""
    files = sorted((ENGINES / "serve").iterdir()) + sorted((ENGINES / renderer).iterdir())
    return f"{version(renderer)}-{_digest(files)}"


def kubernetes() -> str:
    """The version of kube-apiserver in the control plane's go.mod: `v1.36.3`."""
    return _first(r"^\s*k8s\.io/kubernetes (v\S+)$")


def go() -> str:
    """The lowest Go that builds the control plane: `1.26.0`."""
    return _first(r"^go (\S+)$")


def control_plane_key() -> str:
    """Version and content of what is built, so that a change of either is built anew."""
    files = [MODULE / name for name in ("go.mod", "go.sum", "main.go")]
    return f"{kubernetes()}-{_digest(files)}"


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _first(pattern: str) -> str:
    found = re.search(pattern, (MODULE / "go.mod").read_text(), re.MULTILINE)
    if found is None:
        raise ValueError(f"{MODULE / 'go.mod'}: no line matches {pattern}")
    return found[1]
