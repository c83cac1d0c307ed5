"""Two namespaces of one kube-apiserver, used for one sequence after the other."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncline_workers.cluster.api import Api
from syncline_workers.cluster.discovery import Discovery
from tests.cluster.conftest import SETTINGS, pool_for
from tests.conformance.backend import Backend
from tests.conformance.test_custom_resources import DEFINITIONS, is_established
from tests.differential.player import Steady
from tests.edits.objects import ANCHOR, GROUP, definition
from tests.edits.others import Ground
from tests.edits.ours import Ours
from tests.edits.playing import Play, Played
from tests.edits.sequences import Step
from tests.edits.twin import Send, Twin, bare, program
from tests.harness import poll
from tests.harness.apiserver import ApiServer
from tests.pipeline.real import Target


@dataclass(slots=True)
class World:
    """Plays sequences; what one leaves is removed before the next."""

    server: ApiServer
    backend: Backend
    api: Api
    monkeypatch: pytest.MonkeyPatch
    names: tuple[str, str]  # of the namespaces: Syncline's, kubectl's

    def play(self, steps: Sequence[Step], *, kubectl: Path | None = None) -> Played:
        """One sequence; with ``kubectl`` the twin is brought about by that program."""
        send: Send = program(kubectl, self.server.kubeconfig) if kubectl else bare(self.backend)
        mine, theirs = (Ground(self.backend, name) for name in self.names)
        target = Target(self.api, self.server, mine.namespace, self.monkeypatch)
        play = Play(Ours(target), Twin(theirs, send), mine)
        try:
            return play.run(steps)
        finally:
            for ground in (mine, theirs):
                for name in (*play.names, ANCHOR):
                    ground.delete(name)


@contextmanager
def world(server: ApiServer) -> Iterator[World]:
    """With the custom resource served."""
    pool = pool_for(server.kubeconfig.read_text())
    api = Api(pool, Discovery(pool), first_within=SETTINGS.first_answer_timeout)
    backend = Steady.of(Backend.from_kubeconfig("kubernetes", server.kubeconfig))
    with pytest.MonkeyPatch.context() as patch:
        try:
            _define(backend)
            yield World(server, backend, api, patch, (_namespace(backend), _namespace(backend)))
        finally:
            backend.close()
            pool.close()


def _define(backend: Backend) -> None:
    path = f"{DEFINITIONS}/widgets.{GROUP}"
    assert backend.apply(path, definition()).code in (200, 201)
    poll.until(
        lambda: (
            is_established(backend("GET", path))
            and backend("GET", f"/apis/{GROUP}/v1/widgets").code == 200
        ),
        within=30,
        what="the edited custom resource established",
    )


def _namespace(backend: Backend) -> str:
    name = f"edits-{secrets.token_hex(4)}"
    assert backend("POST", "/api/v1/namespaces", {"metadata": {"name": name}}).code == 201
    return name
