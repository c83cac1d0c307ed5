"""Where each program comes from: the order in which they are looked for, and how they are built.

The control plane: `KUBEBUILDER_ASSETS` if set, the cache, else built from its Go modules.
A renderer, the registry of tests or kubectl: PATH if it is the pinned version, the cache, else
built. The official envtest archive is not among the sources: it has no kube-controller-manager, and
no digest of the one for this version could be verified. Who has it (`setup-envtest use -p path`)
names it in `KUBEBUILDER_ASSETS`.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools import cache, pins, progress, toolchain

SERVERS = ("etcd", "kube-apiserver", "kube-controller-manager")
RENDERERS = {
    "helm": "helm.sh/helm/v4/cmd/helm",
    "kustomize": "sigs.k8s.io/kustomize/kustomize/v5",
    "jsonnet": "github.com/google/go-jsonnet/cmd/jsonnet",
}
ENGINES = {"helm_engine": "helm", "kustomize_engine": "kustomize"}
"""Ours, around a renderer's own code: programs `syncline-helm`, `syncline-kustomize`."""
SETTINGS = (*RENDERERS, *ENGINES)
"""What `SYNCLINE_RENDER_…` names."""
SERVICES = {"registry": "github.com/distribution/distribution/v3/cmd/registry"}  # for tests
# kustomize reads its version from its module, jsonnet has it written down; helm is told.
HELM_STAMP = "-X helm.sh/helm/v4/internal/version.version=v"


class Absent(Exception):
    """What was asked for is not on this machine, with how to get it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A program or a directory of them, and its source, as `KUBEBUILDER_ASSETS` or `cache`."""

    name: str
    path: Path
    source: str


def find(name: str) -> Found:
    """The control plane's directory or a program's file, if it is already here. Builds nothing.

    Raises:
        Absent: it is not.
    """
    if name == "controlplane":
        return _control_plane()
    return _engine(name) if name in ENGINES else _program(name)


def get(name: str) -> Found:
    """The same, built where it is not here yet.

    Raises:
        Absent: `KUBEBUILDER_ASSETS` names a directory without the programs, or the build failed.
        toolchain.Missing: there is nothing to build it with.
    """
    try:
        return find(name)
    except Absent:
        if name == "controlplane" and "KUBEBUILDER_ASSETS" in os.environ:
            raise
    try:
        if name == "controlplane":
            _build_control_plane()
        elif name == "kubectl":
            _build_kubectl()
        elif name in ENGINES:
            _build_engine(ENGINES[name])
        else:
            _build_module(name)
    except progress.Failed as exc:
        raise Absent(f"{exc}\n{_otherwise(name)}") from exc
    return Found(name=name, path=find(name).path, source="built")


def _control_plane() -> Found:
    if chosen := os.environ.get("KUBEBUILDER_ASSETS"):
        assets, source = Path(chosen), "KUBEBUILDER_ASSETS"
        hint = "unset KUBEBUILDER_ASSETS, or let it name a directory that holds them"
    else:
        assets, source = cache.entry("controlplane", pins.control_plane_key()), "cache"
        hint = "get them with: python3 tools/get.py controlplane"
    absent = [name for name in SERVERS[:2] if not os.access(assets / name, os.X_OK)]
    if absent:
        raise Absent(f"no {' and no '.join(absent)} in {assets}: {hint}")
    return Found(name="controlplane", path=assets, source=source)


def _program(name: str) -> Found:
    version = pins.version(name)
    on_path = shutil.which(name)
    if on_path and _says(on_path, version):
        return Found(name=name, path=Path(on_path), source="PATH")
    cached = cache.entry(name, version) / name
    if not os.access(cached, os.X_OK):
        seen = f"{on_path} is another version" if on_path else "not on PATH"
        kind = "renderers" if name in RENDERERS else name
        raise Absent(
            f"no {name} {version}: {seen}, and there is no {cached}; "
            f"get it with: python3 tools/get.py {kind}"
        )
    return Found(name=name, path=cached, source="cache")


def _engine(name: str) -> Found:
    renderer = ENGINES[name]
    key, program = pins.engine_key(renderer), f"syncline-{renderer}"
    cached = cache.entry(program, key) / program
    if not os.access(cached, os.X_OK):
        raise Absent(
            f"no {program}: there is no {cached}; get it with: python3 tools/get.py renderers"
        )
    return Found(name=name, path=cached, source="cache")


def _says(program: str, version: str) -> bool:
    asked = {
        "kubectl": ["version", "--client"],
        "registry": ["--version"],
        "jsonnet": ["--version"],
    }
    question = asked.get(Path(program).name, ["version"])
    shown = subprocess.run([program, *question], capture_output=True, text=True, check=False)
    return f"v{version}" in shown.stdout


def _otherwise(name: str) -> str:
    if name in ENGINES:
        return "let Go reach its module proxy (GOPROXY) and try again"
    if name == "controlplane":
        other = "set KUBEBUILDER_ASSETS to a directory with etcd and kube-apiserver"
    else:
        other = f"put {name} {pins.version(name)} on PATH"
    return f"let Go reach its module proxy (GOPROXY) and try again, or {other}"


def _build_control_plane() -> None:
    key, version = pins.control_plane_key(), pins.kubernetes()
    flags = ["-mod=readonly", f"-ldflags=-s -w {_kubernetes_stamp(version)}"]
    with cache.staging("controlplane", key) as draft:
        if draft is None:
            return
        progress.say(f"building etcd and Kubernetes {version}: 4 to 10 minutes on two cores, once")
        toolchain.build(
            f"build the control plane {version}",
            ["build", *flags, "-o", str(draft / "controlplane"), "."],
            cwd=pins.MODULE,
            log=cache.entry("controlplane", f"{key}.log"),
            bin_dir=draft,
        )
        for name in SERVERS:
            (draft / name).symlink_to("controlplane")


def _kubernetes_stamp(version: str) -> str:
    major, minor, _ = version.removeprefix("v").split(".")
    fields = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    return " ".join(f"-X k8s.io/component-base/version.{k}={v}" for k, v in fields.items())


def _build_kubectl() -> None:
    version = pins.version("kubectl")
    flags = ["-mod=readonly", f"-ldflags=-s -w {_kubernetes_stamp(f'v{version}')}"]
    with cache.staging("kubectl", version) as draft:
        if draft is None:
            return
        progress.say(f"building kubectl {version}: up to 2 minutes on two cores, once")
        toolchain.build(
            f"build kubectl {version}",
            ["build", *flags, "-o", str(draft / "kubectl"), "."],
            cwd=pins.KUBECTL,
            log=cache.entry("kubectl", f"{version}.log"),
            bin_dir=draft,
        )


def _build_engine(renderer: str) -> None:
    key, program = pins.engine_key(renderer), f"syncline-{renderer}"
    stamp = HELM_STAMP + pins.version("helm") if renderer == "helm" else ""
    with cache.staging(program, key) as draft:
        if draft is None:
            return
        progress.say(f"building {program}: up to 3 minutes on two cores, once")
        toolchain.build(
            f"build {program}",
            ["build", "-mod=readonly", f"-ldflags=-s -w {stamp}", "-o", str(draft / program), "."],
            cwd=pins.ENGINES / renderer,
            log=cache.entry(program, f"{key}.log"),
            bin_dir=draft,
        )


def _build_module(name: str) -> None:
    version, module = pins.renderer(name), {**RENDERERS, **SERVICES}[name]
    stamp = HELM_STAMP + version if name == "helm" else ""
    with cache.staging(name, version) as draft:
        if draft is None:
            return
        progress.say(f"building {name} {version}: up to 3 minutes on two cores, once")
        toolchain.build(
            f"build {name} {version}",
            ["install", f"-ldflags=-s -w {stamp}", f"{module}@v{version}"],
            cwd=draft,
            log=cache.entry(name, f"{version}.log"),
            bin_dir=draft,
        )
