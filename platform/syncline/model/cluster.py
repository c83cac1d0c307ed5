"""A registered Kubernetes API server: name, labels, credentials reference."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from syncline.model.documents import Document
from syncline.model.values import Written


class ClusterSpec(Written):
    """How a cluster is reached, and how much of it may be asked at once."""

    kubeconfig: str = Field(
        pattern=r"^(env:SYNCLINE_CRED_[A-Z0-9_]+|file:[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*|stored)$",
        description="env:SYNCLINE_CRED_NAME or file:NAME inside the credentials directory; "
        "stored: given over the API and kept encrypted.",
    )
    context: str | None = Field(
        default=None, description="The kubeconfig's context; None: its current one."
    )
    values: dict[str, str] = Field(
        default={},
        max_length=1000,
        description="What differs by cluster and selects nothing: {{ cluster.values.KEY }} in "
        "parameters and variables of applications.",
    )
    max_runs: int = Field(
        default=8, ge=1, le=256, description="Runs in flight at once on this cluster."
    )
    max_requests: int = Field(
        default=16,
        ge=1,
        le=256,
        description="Requests in flight at once from one process of a worker.",
    )
    max_rate: int = Field(
        default=800,
        ge=8,
        le=100_000,
        description="Requests a second of all runs together; each may send its part of them "
        "(max_rate / (max_runs + 2)), and at first its part of what is left of two seconds.",
    )
    paused: bool = Field(default=False, description="True: nothing is written to it.")


class Cluster(Document):
    """A registered Kubernetes API server."""

    kind: Literal["Cluster"] = Field(description="What this document is.")
    spec: ClusterSpec
