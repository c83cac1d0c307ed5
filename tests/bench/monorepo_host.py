"""A worker's process of the monorepo's benchmark: Git, the store and renders, as in production.

Its functions run in a process of their own, one at a time; what they share is here.
"""

import gc
import os
import resource
import shutil
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from pydantic import SecretStr

from syncline.credentials import CredentialSource
from syncline.errors import AwaitsRender
from syncline.model.names import TargetId, Uid
from syncline.model.records import RepositoryRecord
from syncline.model.run import Claim, Inputs, Lease
from syncline.model.seal import PlatformKey
from syncline.settings import GitSettings, RenderSettings, StoreSettings
from syncline.store import connection, keys, migrations
from syncline.store.reports import digest_of
from syncline_workers import tallies
from syncline_workers.app.desk import StoreLookups, StoreRenders
from syncline_workers.git.repositories import open_repositories
from syncline_workers.pipeline import rendering
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.lookup import lookup
from syncline_workers.pipeline.ports import Ports
from tests.bench import cpu, monorepo_tree
from tests.bench.monorepo_tree import Shape
from tests.pipeline import twins
from tools import programs

KEY = PlatformKey(b"k" * 32)
UID = Uid("r1")
NAME = "mono"


@dataclass(frozen=True)
class Place:
    """Where everything is."""

    url: str
    redis: str
    disk: Path  # of this host
    shape: Shape


@dataclass
class Host:
    """One worker's process."""

    place: Place
    learned: dict[int, Inputs] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store = connection.connect(StoreSettings(url=SecretStr(self.place.redis)), key=KEY)
        migrations.prepare(self.store)
        self.store.redis.hset(keys.RECORD(UID), "name", NAME)
        self.open()

    def open(self) -> None:
        """Begin with nothing in memory."""
        git = GitSettings(cache=self.place.disk / "git", allow_http=True)
        source = CredentialSource(directory=None, environment={"PATH": os.environ["PATH"]})
        self.repositories = open_repositories(git, source)
        self.ports = self._ports()

    def close(self) -> None:
        """Forget what is in memory."""
        self.repositories.close()

    @property
    def repository(self) -> RepositoryRecord:
        spec = {"url": self.place.url, "timeout": "10m"}
        return RepositoryRecord.model_validate({"uid": UID, "name": NAME, "spec": spec})

    def _ports(self) -> Ports:
        """What the pipeline needs, as far as look-ups and renders do."""
        lookups = StoreLookups(self.store)
        found = SimpleNamespace(
            now=lookups.now,
            heads=lookups.heads,
            inputs=lookups.inputs,
            repository=lambda _: self.repository,
        )
        settings = RenderSettings(
            cache=self.place.disk / "renders",
            **{name: str(programs.find(name).path) for name in programs.SETTINGS},
        )
        return twins.ports(
            lookups=found,
            repositories=self.repositories,
            renders=StoreRenders(self.store),
            render=settings,
        )

    def attempt(self, number: int, revision: str, *, cluster: str = "west") -> Attempt:
        """A run of an application that is about to render."""
        source = {"repository": NAME, **monorepo_tree.source(self.place.shape, number)}
        lease = Lease(target=TargetId(f"a{number}.{cluster}"), fence=7, ticket="t", seconds=30)
        running = {"phase": "running", "fence": str(lease.fence)}
        self.store.redis.hset(keys.TARGET(lease.target), mapping=running)
        spec = {"source": source, "destination": {"namespace": "shop", "cluster": cluster}}
        application = {"uid": f"a{number}", "name": f"app-{number:04}", "project": "default"}
        claim = {
            "lease": lease,
            "installation": "i",
            "request": {"generation": 1, "trigger": {"kind": "push"}},
            "application": {**application, "spec": spec},
            "cluster": {"uid": cluster, "name": cluster, "spec": {"kubeconfig": "file:west"}},
            "repository": self.repository,
        }
        made = Attempt(ports=self.ports, claim=Claim.model_validate(claim), heart=cast("Any", None))
        made.identity, made.revision = ("uid", "v1.36.3"), revision
        return made

    def render(self, attempt: Attempt) -> None:
        """Render as a run does; one that has to wait is tried again."""
        while True:
            try:
                rendering.render(attempt, cast("Any", _SERVED))
            except AwaitsRender:
                time.sleep(0.2)
            else:
                return


class _Served:
    def api_versions(self, _applied: object) -> tuple[str, ...]:
        return ("apps/v1", "apps/v1/Deployment", "v1", "v1/ConfigMap", "v1/Service")


_SERVED = _Served()
_hosts: list[Host] = []


def begin(place: Place) -> int:
    """Make this process a worker's; gives its id."""
    _hosts[:] = [Host(place)]
    gc.freeze()  # as workers do
    return os.getpid()


def first(number: int, revision: str) -> float:
    """Seconds from nothing on the disk to the first render of one application."""
    host = _hosts[0]
    host.close()
    shutil.rmtree(host.place.disk, ignore_errors=True)
    host.open()
    host.store.redis.delete(keys.RENDERED_BY())
    attempt = host.attempt(number, revision)
    attempt.ports.render.cache.mkdir(parents=True)
    began = time.perf_counter()
    host.render(attempt)
    return time.perf_counter() - began


def render_all(revision: str) -> Mapping[str, float]:
    """Render every application, with nothing in memory; learn what each read."""
    host = _hosts[0]
    host.close()
    host.open()
    attempts = [host.attempt(n, revision) for n in range(host.place.shape.applications)]
    tallies.drain()
    found = _measured(lambda: [host.render(attempt) for attempt in attempts])
    for number, attempt in enumerate(attempts):
        assert attempt.inputs is not None
        host.learned[number] = attempt.inputs
    return found


def relearn(revision: str) -> None:
    """Learn what renders of a commit would read."""
    host = _hosts[0]
    with host.repositories.tree(host.repository, revision) as tree:
        ids = tree.ids({path for inputs in host.learned.values() for path in inputs.paths})
    for number, inputs in host.learned.items():
        paths = {path: ids[path] for path in inputs.paths}
        host.learned[number] = inputs.model_copy(update={"paths": paths})


def file(revision: str) -> None:
    """Put what was learned into the store, as folds do; one target behind each application."""
    host = _hosts[0]
    rows: dict[str, str] = {}
    behind: dict[str, list[str]] = {}
    for number, inputs in host.learned.items():
        digest, text = digest_of(inputs)
        rows[digest] = text
        behind.setdefault(digest, []).append(f"a{number}.west")
    redis = host.store.redis
    redis.delete(keys.INPUTS(NAME, "main"))
    redis.hset(keys.INPUTS(NAME, "main"), mapping=rows)
    for digest, targets in behind.items():
        redis.sadd(keys.BEHIND(NAME, "main", digest), *targets)
    redis.hset(keys.SEEN(NAME), "main", revision)


def affected(*, cold: bool) -> Mapping[str, float]:
    """One look-up, and the targets behind what it found to be affected."""
    host = _hosts[0]
    if cold:
        host.close()
        host.open()
    told: list[str] = []

    def ask() -> None:
        report = lookup(host.ports, UID)
        assert report is not None
        assert not report.errors
        digests = report.affected.get("main", ())
        with host.store.redis.pipeline(transaction=False) as pipe:
            for digest in digests:
                pipe.smembers(keys.BEHIND(NAME, "main", digest))
            told.extend(target for targets in pipe.execute() for target in targets)

    tallies.drain()
    return {**_measured(ask), "targets": len(told)}


def polls(times: int) -> float:
    """CPU seconds of one look-up that finds nothing new, the mean of so many."""
    host = _hosts[0]
    before = _spent()
    for _ in range(times):
        report = lookup(host.ports, UID)
        assert report is not None
        assert not report.errors
    return (_spent() - before) / times


def _spent() -> float:
    """CPU seconds of this process and the children that ended, to the microsecond."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def many(number: int, revision: str, clusters: list[str]) -> Mapping[str, float]:
    """Runs of one application on many clusters; what was rendered is counted."""
    host = _hosts[0]
    attempts = [host.attempt(number, revision, cluster=cluster) for cluster in clusters]
    tallies.drain()
    return _measured(lambda: [host.render(attempt) for attempt in attempts])


def _measured(work: Any) -> Mapping[str, float]:
    before, began = cpu.by_role(os.getpid()), time.perf_counter()
    work()
    seconds, after = time.perf_counter() - began, cpu.by_role(os.getpid())
    told = Counter(tallies.drain())
    return {
        "seconds": seconds,
        "cpu": sum(after.values()) - sum(before.values()),
        "requests": told[tallies.LS_REMOTE] + told[tallies.FETCH],
        "rendered": told[tallies.RENDERED],
    }
