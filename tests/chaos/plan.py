"""What one run is made of, and what it found."""

from dataclasses import asdict, dataclass, field
from typing import Any

LEASE = 5.0  # seconds; pauses of workers are longer
CONCURRENCY = 2  # runs at once in a worker
MAX_REQUESTS = 2  # at once for one run: applies take long enough to be hit


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long, how much, and the seed of all that is random."""

    seed: int
    seconds: float
    workers: int = 2
    applications: int = 12
    objects: int = 8  # of each application at first
    takeovers: int = 1  # elected schedulers killed one by one, before all else
    every: float = 2.5  # seconds between two faults, on average
    commits_every: float = 1.0  # seconds between two commits, on average
    syncs_every: float = 3.0  # seconds between two syncs over the API, on average
    patience: float = 180.0  # seconds in which everything must converge
    restarts: bool = False  # of API servers, too: costs 2 s of CPU each


@dataclass
class Result:
    """Filled as the run goes on. No problems: it passed."""

    seed: int
    seconds: float
    targets: int = 0
    objects: int = 0
    commits: int = 0
    syncs: int = 0
    cancelled: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    restarts: int = 0  # of processes that were killed or ended
    takeovers: list[float] = field(default_factory=list)  # seconds
    converged: float = 0.0  # seconds after the last fault
    runs: int = 0  # reports that the store took
    refused: int = 0  # late reports that it did not
    history: int = 0  # entries
    looks: int = 0  # at the fences of all targets, during the run
    late_writes: int = 0  # requests that reached an API server after newer ones
    writes: int = 0
    problems: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
