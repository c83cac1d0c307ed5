"""A running Syncline on simulated clusters, and what phases do with it."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.bench.gitprocess import serving
from tests.bench.product import Product
from tests.bench.product import running as product_running
from tests.fleet.declared import Fleet, text
from tests.fleet.redis import RedisView
from tests.fleet.simulated import Simulated
from tests.fleet.simulated import running as simulator_running
from tests.harness.poll import until
from tests.harness.workrepo import WorkRepo

LOOK = 0.25  # seconds between two looks at how far the fleet is
DOCUMENTS = 2_000  # that one request registers


@dataclass
class World:
    """What a phase plays with."""

    fleet: Fleet
    product: Product
    simulated: Simulated
    work: WorkRepo
    url: str
    redis: RedisView
    random: Random
    number: int = 0  # of the newest version
    comments: int = 0
    at: str = ""  # the newest commit
    clusters: list[str] = field(default_factory=list)

    @property
    def version(self) -> str:
        return f"1.{self.number}.0"

    @property
    def patience(self) -> float:
        """Seconds after which a phase is given up: what is slow is measured, not cut off."""
        return 300 + self.fleet.targets * 0.2

    def commit(self) -> str:
        """Push a commit that changes one object of every application; nobody is told yet."""
        self.number += 1
        self.at = self.work.publish(self.version, self.fleet.files(self.version))
        return self.at

    def touch(self) -> str:
        """Push a commit that changes every input and no object."""
        self.comments += 1
        comment = f"# {self.comments}\n"
        self.at = self.work.publish(comment, self.fleet.files(self.version, comment=comment))
        return self.at

    def tell(self) -> float:
        """Tell as a webhook does; gives the store's time just before."""
        before = self.redis.now()
        self.product.hook(self.url)
        return before

    def register(self) -> None:
        """Declare everything over the API."""
        documents = list(self.fleet.documents(self.url, self.clusters))
        for first in range(0, len(documents), DOCUMENTS):
            self.product.apply(text(iter(documents[first : first + DOCUMENTS])))

    def settle(self) -> None:
        """Wait until every target is Synced, at rest, and was told of the newest commit."""
        self.wait(self._is_settled, "every target Synced and at rest")

    def settle_at(self, clusters: list[str]) -> None:
        """Wait until the targets of these clusters are at rest, told of the newest commit."""
        wanted = len(clusters) * self.fleet.applications

        def check() -> bool:
            return self.redis.folded(self.at) and self.redis.idle(clusters) == wanted

        self.wait(check, f"{wanted} targets at rest")

    def wait(self, check: Callable[[], bool], what: str) -> None:
        """Wait patiently, and say how the fleet is where that was in vain."""
        try:
            until(check, within=self.patience, what=what, every=LOOK)
        except AssertionError as exc:
            raise AssertionError(f"{exc}\n{self.product.summary()}") from exc

    def _is_settled(self) -> bool:
        return self.redis.folded(self.at) and self.redis.at_rest() == self.fleet.targets


@contextmanager
def make(
    root: Path,
    fleet: Fleet,
    *,
    workers: int = 2,
    concurrency: int = 4,
    seed: int = 0,
    flower: bool = False,
    watch: bool = False,
    environment: Mapping[str, str] = {},
) -> Iterator[World]:
    """A world in a directory, with nothing registered yet."""
    options = (
        "--flower" if flower else "--no-flower",
        "--watch" if watch else "--no-watch",  # what sweeps find is measured without it
    )
    data = root / "data"
    with (
        serving(root / "git") as url,
        simulator_running(root / "clusters", fleet.clusters) as simulated,
    ):
        credentials = data / "credentials"
        credentials.mkdir(parents=True, mode=0o700)
        for name in simulated.clusters:
            shutil.copy(simulated.directory / f"{name}.kubeconfig", credentials)
        work = WorkRepo.create(root / "work", origin=root / "git" / "fleet.git")
        with product_running(
            data,
            workers=workers,
            concurrency=concurrency,
            options=options,
            environment=environment,
        ) as product:
            yield World(
                fleet=fleet,
                product=product,
                simulated=simulated,
                work=work,
                url=f"{url}fleet.git",
                redis=RedisView.of(data),
                random=Random(seed),  # noqa: S311 - a run is to be repeated, not to be secret
                clusters=simulated.clusters,
            )


def since(begun: float) -> float:
    """Seconds since a ``perf_counter``."""
    return round(time.perf_counter() - begun, 3)


Figures = dict[str, Any]
"""What a phase measured, as JSON."""
