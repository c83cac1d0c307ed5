"""All that metrics tell, read in a few round trips; what is counted by fields is taken apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from syncline.api.context import Context
from syncline.api.sight import Standings
from syncline.model.state import FleetSummary
from syncline.model.watch import Watched
from syncline.store import due, leader, rendered, tally, targets, watching
from syncline.store.connection import Use


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Everything at about one time."""

    fleet: FleetSummary
    queue: Standings
    tally: Mapping[str, int]
    leaders: Mapping[str, leader.Held]
    timers: tuple[int, float]  # how many, seconds that the first one is late
    rendered: int  # bytes in the shared render cache
    watchers: Sequence[Watched]  # those that live
    servers: Mapping[str, Use]  # store, and broker where it is another one

    def counted(self, kind: str) -> Iterator[tuple[tuple[str, ...], int]]:
        """Give what follows ``kind:`` in the tally's fields, in parts, and the numbers."""
        for name, number in sorted(self.tally.items()):
            first, *parts = name.split(":")
            if first == kind:
                yield tuple(parts), number

    def durations(self, kind: str) -> dict[str, dict[str, int]]:
        """Give subject → bound → number of a kind that is counted by bounds."""
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for (subject, bound), number in self.counted(kind):
            found[subject][bound] = number
        return found


def read(context: Context) -> Reading:
    """Read.

    Raises:
        StoreUnavailable: the store or the broker is away.
    """
    store = context.store
    servers = {"store": Use.of(store.redis)}
    if store.settings.broker_url is not None:
        servers["broker"] = context.broker.use()
    return Reading(
        fleet=targets.summary(store),
        queue=context.sight.now(),
        tally=tally.read(store),
        leaders=leader.held(store),
        timers=due.waits(store),
        rendered=rendered.size(store),
        watchers=tuple(watching.present(store).values()),
        servers=servers,
    )
