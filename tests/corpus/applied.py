"""Every bundle that renders, applied by Syncline and by kubectl, one after the other.

What is refused because a kind is not known is applied once more, after all the definitions that
the folder itself holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from syncline.model.values import Manifest
from syncline.store import migrations
from tests.conformance.backend import Backend
from tests.conformance.test_custom_resources import DEFINITIONS, is_established
from tests.corpus import byhand
from tests.corpus.bundles import Bundle
from tests.corpus.compare import Outcome
from tests.corpus.contents import Contents
from tests.corpus.kubectl import Kubectl, with_namespace
from tests.corpus.live import WORKER, Live, Sides
from tests.differential.player import Steady
from tests.harness import poll
from tests.harness.apiserver import ApiServer
from tests.harness.controlplane import ControlPlane
from tests.harness.flags import Audit
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import open_store
from tests.harness.workers import Workers
from tools import programs

REPOSITORY: Final = "corpus"
_UNKNOWN = re.compile(r"does not know the kind|does not serve")


def applied(sides: Sides, bundles: Sequence[Bundle]) -> Iterator[Live]:
    """What came of each."""
    waiting = []
    for bundle in bundles:
        found = sides.play(bundle)
        if found.outcome is Outcome.REFUSED and _UNKNOWN.search(found.detail):
            waiting.append(found)
        else:
            yield found
    if waiting and sides.definitions:
        for contents in (sides.ours, sides.theirs):
            _define(contents, list(sides.definitions.values()))
        sides.workers.restart()  # a process looks for unknown kinds once a second at most
        yield from (sides.play(found.bundle) for found in waiting)
    else:
        yield from waiting


@contextmanager
def sides(root: Path, commit: str) -> Iterator[Sides]:
    """Two API servers and Syncline's workers; the bundles are in ``root/git/corpus.git``."""
    with ExitStack() as stack:
        plane = stack.enter_context(ControlPlane.start(root / "plane", 2, audit=Audit.WRITES))
        ours, theirs = plane.clusters
        redis = Redis(root / "redis")
        redis.start()
        stack.callback(redis.stop)
        store = open_store(redis)
        stack.callback(store.close)
        migrations.prepare(store)
        workers = Workers(store, root, ours.kubeconfig_for(WORKER), REPOSITORY)
        stack.callback(workers.close)
        workers.pushed(commit)
        assert ours.audit_log is not None
        yield Sides(
            workers=workers,
            ours=_contents(ours, stack),
            kubectl=Kubectl(programs.find("kubectl").path, with_namespace(theirs.kubeconfig)),
            theirs=_contents(theirs, stack),
            audit=ours.audit_log,
        )


def _contents(server: ApiServer, stack: ExitStack) -> Contents:
    backend = Steady.of(Backend.from_kubeconfig(server.name, server.kubeconfig))
    stack.callback(backend.close)
    body = {"metadata": {"name": byhand.NAMESPACE}}
    assert backend("POST", "/api/v1/namespaces", body).code == 201
    contents = Contents(backend)
    contents.keep()
    return contents


def _define(contents: Contents, definitions: list[Manifest]) -> None:
    paths = [f"{DEFINITIONS}/{each['metadata']['name']}" for each in definitions]
    for path, each in zip(paths, definitions, strict=True):
        assert contents.backend.apply(path, each, "prerequisites").code in (200, 201)
    poll.until(
        lambda: all(is_established(contents.backend("GET", path)) for path in paths),
        within=60,
        what="the folder's definitions established",
    )
    contents.keep()
