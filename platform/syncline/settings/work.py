"""Settings of the work itself: Git, renderers, clusters, and the limits of a run."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from syncline.model.values import Duration
from syncline.settings.environment import prefix


class GitSettings(BaseSettings):
    """What Git may reach, and for how long."""

    model_config = prefix("GIT_")

    cache: Path = Field(
        default=Path("/var/cache/syncline/git"),
        description="Where bare mirrors, unpacked charts and artifacts live. Can be lost at any "
        "time.",
    )
    cache_size: int = Field(
        default=8_000_000_000,
        ge=0,
        description="Bytes of disk for all of these on one host; the longest unused go first, "
        "those in use stay. 8 GB: fits into the chart's volume of 10 GiB.",
    )
    cache_keep: Duration = Field(
        default=timedelta(days=30),
        description="A mirror that nothing was read from for so long is removed. 30 days: a clone "
        "a month of what seldom changes is cheap.",
    )
    allow_http: bool = Field(
        default=False, description="Allow http:// URLs: the network can alter what is deployed."
    )
    allow_local: tuple[Path, ...] = Field(
        default=(), description="Directories that local and file:// repositories may lie in (JSON)."
    )
    host_requests: int = Field(
        default=16,
        ge=1,
        description="Requests in flight at one host of sources, of all workers together. 16: "
        "public hosts begin to refuse at some dozens.",
    )
    max_file: int = Field(
        default=10_000_000, ge=1, description="Bytes; a larger file is refused, not read."
    )


class RenderSettings(BaseSettings):
    """The official renderers, and the limits that they run under."""

    model_config = prefix("RENDER_")

    cache: Path = Field(
        default=Path("/var/cache/syncline/render"),
        description="Encrypted rendered manifests by render key. Can be lost at any time.",
    )
    private: Path = Field(
        default=Path("/dev/shm"),  # noqa: S108 - in memory, and directories in it are ours alone
        description="A directory in memory (tmpfs) for what renderers read of encrypted files; "
        "each render has its own in it, and removes it. Another kind of directory is refused.",
    )
    helm: str = Field(default="helm", description="The helm binary: a name on PATH, or a path.")
    kustomize: str = Field(default="kustomize", description="The kustomize binary, likewise.")
    jsonnet: str = Field(default="jsonnet", description="The jsonnet binary, likewise.")
    helm_engine: str = Field(
        default="syncline-helm",
        description="Helm's own code for one render after another, likewise. Used where it is "
        "there and of the same version as `helm`.",
    )
    kustomize_engine: str = Field(
        default="syncline-kustomize", description="The same of kustomize, likewise."
    )
    reuse: int = Field(
        default=64,
        ge=1,
        description="Renders by one process of an engine, all of files that one worker process "
        "laid out of one repository. 1: a process for each render, always.",
    )
    plugins: Path | None = Field(
        default=None,
        description="A directory of declarations of plugins, one in each *.yaml. None: no plugins.",
    )
    timeout: Duration = Field(
        default=timedelta(seconds=60), description="Longest run of a renderer. Large charts: ~10 s."
    )
    memory: int = Field(
        default=2_000_000_000, description="Bytes of address space for data, for one renderer."
    )
    output: int = Field(default=50_000_000, description="Bytes that a render may produce at most.")
    documents: int = Field(default=20_000, description="Objects that a render may produce.")
    space: int = Field(
        default=256_000_000,
        description="Bytes of temporary files of one renderer, in memory; charts need 1 MB.",
    )
    processes: int = Field(
        default=200,
        ge=1,
        description="Processes that a plugin may start in one run, in all. Helm, kustomize and "
        "jsonnet may start none.",
    )


class ClusterSettings(BaseSettings):
    """How API servers are spoken to."""

    model_config = prefix("CLUSTER_")

    connect_timeout: Duration = Field(
        default=timedelta(seconds=3), description="To open a connection; a LAN needs 0.1 s."
    )
    read_timeout: Duration = Field(
        default=timedelta(seconds=30),
        description="For one answer; webhooks may take 10 s. A cluster that is silent for 2 s is "
        "asked for its version meanwhile, and given up where that takes longer than for a first "
        "answer.",
    )
    first_answer_timeout: Duration = Field(
        default=timedelta(seconds=5),
        description="For the first answer of a cluster that was not asked for 10 s: runs and "
        "probes begin with a look at its identity. A healthy one needs 0.1 s.",
    )
    exec_plugins: tuple[str, ...] = Field(
        default=(),
        description="Commands that an uploaded kubeconfig's exec plugin may be (JSON). None.",
    )
    allow_files: bool = Field(
        default=False, description="Whether an uploaded kubeconfig may name files of the worker."
    )
    breaker_failures: int = Field(
        default=3, ge=1, description="Connection failures in a row that open a cluster's breaker."
    )
    probe_interval: Duration = Field(
        default=timedelta(seconds=10),
        description="Between probes of a cluster that is away; 10 % more or less.",
    )


class CheckSettings(BaseSettings):
    """Where checks of applications may ask: what users write there, workers send."""

    model_config = prefix("CHECK_")

    hosts: tuple[str, ...] = Field(
        default=("*",),
        description="Hosts that HTTP and Prometheus checks may ask (JSON): names, or patterns such "
        "as *.example.com. Default: all, within the networks; []: none.",
    )
    networks: tuple[str, ...] = Field(
        default=(),
        description="Networks that checks may ask though they are refused else (JSON): loopback, "
        "link-local and cloud metadata addresses, which only a machine itself is to reach. None.",
    )

    @field_validator("networks")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ip_network(network)
        return networks


class RunSettings(BaseSettings):
    """Leases and limits of runs."""

    model_config = prefix("RUN_")

    lease: Duration = Field(
        default=timedelta(seconds=30),
        description="How long a silent worker keeps a target; heartbeats come 3 times as often.",
    )
    attempts: int = Field(
        default=5,
        ge=1,
        description="Deliveries of one request that may end with a lost worker or at a time limit.",
    )
    grace: Duration = Field(
        default=timedelta(seconds=45),
        description="A worker that is asked to end lets its runs go on for so long, and hands back "
        "what is left then. 45 s: within the 75 s that the chart and compose.yaml give it.",
    )
    heavy: Duration = Field(
        default=timedelta(seconds=20),
        description="A target whose sources took longer to fetch and render goes by the lane "
        "`heavy` from then on, unless a person asks for it. Most take below 2 s.",
    )
    heavy_bytes: int = Field(
        default=1_000_000,
        ge=0,
        description="So does one whose manifests have more bytes as caches keep them, compressed: "
        "about a tenth of their JSON. 1 MB: a run of it holds some 100 MB of memory.",
    )
    soft_limit: Duration = Field(
        default=timedelta(seconds=540), description="A run is asked to stop after this time."
    )
    hard_limit: Duration = Field(
        default=timedelta(seconds=600), description="A run's process is killed after this time."
    )
    visibility: Duration = Field(
        default=timedelta(seconds=1800),
        description="After which Redis redelivers an unacknowledged message; above the hard limit.",
    )


class WatchSettings(BaseSettings):
    """The role that watches clusters for drift."""

    model_config = prefix("WATCH_")

    settle: Duration = Field(
        default=timedelta(milliseconds=200),
        description="Between a change of an object and the question whether a run of ours made "
        "it. 200 ms: most runs are folded by then, and what comes together is one question.",
    )
    streams: int = Field(
        default=10_000,
        ge=1,
        description="Watches of one process: one for each kind on each cluster, each a connection "
        "and about 0.1 MB. It takes no more than its open files allow; what is left over is told, "
        "and left to sweeps: run another watcher.",
    )
