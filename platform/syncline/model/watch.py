"""What one watcher tells of itself."""

from __future__ import annotations

from syncline.model.values import Stored


class Watched(Stored):
    """How much one watcher watches, when it signed last."""

    clusters: int = 0
    streams: int = 0  # that are open
    closed: int = 0  # that are to be opened (again)
    left: int = 0  # kinds on clusters that it has no room for: sweeps alone find their drift
    objects: int = 0
    pending: int = 0  # changes that are not judged yet
    lag: float = 0.0  # seconds since the oldest of those, that waits for no run, was seen
