"""What becomes of a change: drift, or nothing. Against a real store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from syncline.model.names import TargetId, Uid
from syncline.model.status import Phase
from syncline.store import migrations, runs
from syncline.store.connection import Store
from syncline_workers.watch import judge as judges
from syncline_workers.watch.board import Board
from syncline_workers.watch.counts import Counts
from syncline_workers.watch.judge import Judge
from syncline_workers.watch.marks import Marks
from syncline_workers.watch.suspects import Suspects
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import open_store
from tests.store.world import World, report
from tests.watch.live import recorded, shown

KIND = ("", "ConfigMap")

Step = tuple[Callable[[Judge], object], Callable[[Judge], bool]]
"""What happens, and what is waited for then."""


@dataclass
class Watched:
    """One cluster with one target, its objects, and the judge of them."""

    store: Store
    marks: Marks = field(default_factory=Marks)
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        self.world = World(self.store)

    def target(self, name: str = "shop", **policy: bool) -> TargetId:
        target = self.world.target(name, **policy)
        self.world.run(target, inventory=(recorded(name),))
        self.marks.note(shown(name))
        return target

    def is_triggered(self, target: TargetId) -> bool:
        return self.world.state(target).phase is Phase.READY

    def sees(self, live: dict[str, object], judge: Judge) -> None:
        """As a stream does."""
        if self.marks.note(live):
            meta: Any = live["metadata"]
            name = f"/ConfigMap/shop/{meta['name']}"
            judge.suspect(name, meta["resourceVersion"], "kubectl-edit")

    def judged(self, *steps: Step, cluster: Uid) -> None:
        """Do one thing after the other, each when what was waited for has come true."""

        async def run() -> None:
            board = Board(self.store, "w1")
            judge = Judge(
                cluster,
                board,
                lambda _: self.marks,
                name="west",
                settle=0.01,
                counts=self.counts,
            )
            task = asyncio.create_task(judge.run())
            for act, is_done in steps:
                act(judge)
                async with asyncio.timeout(10):
                    while not is_done(judge):  # noqa: ASYNC110 - a store tells of nothing
                        await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            board.close()

        asyncio.run(run())


@pytest.fixture
def watched(store: Store) -> Watched:
    return Watched(store)


def on(target: TargetId) -> Uid:
    return Uid(target.partition(".")[2])


def nothing_left(judge: Judge) -> bool:
    return not len(judge.suspects)


def one_waits(judge: Judge) -> bool:
    """It was asked about, and is to be asked about again."""
    return len(judge.suspects) == 1 and judge.is_waiting


def test_a_field_of_ours_that_is_lost_triggers_its_target(watched: Watched) -> None:
    target, other = watched.target("shop"), watched.target("cart")

    lost = shown("shop", version=11, fields=None)
    watched.judged((lambda j: watched.sees(lost, j), nothing_left), cluster=on(target))

    assert watched.is_triggered(target)
    assert not watched.is_triggered(other)
    assert watched.counts.take() == {"watch:judged": 1, "watch:moved": 1}


def test_what_a_run_of_ours_wrote_triggers_nothing(watched: Watched) -> None:
    target = watched.world.target()
    watched.world.run(target, inventory=(recorded(),))

    watched.judged((lambda j: watched.sees(shown(), j), nothing_left), cluster=on(target))

    assert not watched.is_triggered(target)


def test_a_change_of_status_is_not_even_asked_about(watched: Watched) -> None:
    target = watched.target("a")
    calls = watched.store.redis.info("stats")["total_commands_processed"]

    watched.judged((lambda j: watched.sees(shown(version=50), j), nothing_left), cluster=on(target))

    asked = watched.store.redis.info("stats")["total_commands_processed"]
    assert asked - calls == 1  # our own look


def test_an_object_of_nobody_is_nothing_to_us(watched: Watched) -> None:
    target = watched.target()

    stranger = shown("stranger", fields=None)
    watched.judged((lambda j: watched.sees(stranger, j), nothing_left), cluster=on(target))

    assert not watched.is_triggered(target)


def test_what_becomes_of_a_hook_is_no_drift(watched: Watched) -> None:
    target = watched.world.target()
    hook = recorded().model_copy(update={"hook": True})
    watched.world.run(target, inventory=(hook,))
    watched.marks.note(shown())

    lost = shown(version=11, fields=None)
    watched.judged((lambda j: watched.sees(lost, j), nothing_left), cluster=on(target))

    assert not watched.is_triggered(target)


def test_what_a_run_puts_right_is_no_drift(watched: Watched) -> None:
    target = watched.target("a")
    claim = watched.world.start(target)

    def lost_and_repaired(judge: Judge) -> None:
        watched.sees(shown("a", version=9, fields=None), judge)
        watched.sees(shown("a", uid="u2", version=12), judge)

    def run_ends(_: Judge) -> None:
        entry = recorded("a", uid="u2", version=12)
        runs.fold(watched.store, report(claim, inventory=(entry,)))

    watched.judged((lost_and_repaired, one_waits), (run_ends, nothing_left), cluster=on(target))

    assert watched.world.state(target).phase is Phase.IDLE


def test_drift_within_a_run_is_told_when_it_has_ended(watched: Watched) -> None:
    target = watched.target("a")
    claim = watched.world.start(target)

    def lost(judge: Judge) -> None:
        watched.sees(shown("a", version=12, fields=None), judge)

    def run_ends(_: Judge) -> None:
        runs.fold(watched.store, report(claim, inventory=(recorded("a", version=11),)))

    watched.judged((lost, one_waits), (run_ends, nothing_left), cluster=on(target))

    assert watched.is_triggered(target)


def test_an_apply_that_was_folded_before_its_event_came_is_waited_for(watched: Watched) -> None:
    target = watched.world.target()
    watched.world.run(target, inventory=(recorded(version=20),))
    watched.marks.note(shown(version=10))

    def lost(judge: Judge) -> None:
        watched.sees(shown(version=11, fields=None), judge)

    def repaired(judge: Judge) -> None:
        watched.sees(shown(version=20), judge)

    watched.judged(
        (lost, lambda j: j.lag_since is not None), (repaired, nothing_left), cluster=on(target)
    )

    assert not watched.is_triggered(target)


def test_what_was_listed_before_does_not_hide_what_was_seen_since() -> None:
    suspects = Suspects(lambda: 0.0)
    suspects.add("a", 20)

    suspects.add("a", 10)

    assert suspects.all()["a"].version == 20


def test_all_that_was_recorded_is_compared_with_a_list(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judges, "LISTS_SETTLE", 0.0)
    target, gone = watched.target("shop"), watched.target("cart")
    watched.marks.forget(shown("cart"))

    def listed(judge: Judge) -> None:
        judge.compare(KIND, "30")

    watched.judged((listed, lambda _: watched.is_triggered(gone)), cluster=on(target))

    assert not watched.is_triggered(target)


def test_what_does_not_heal_itself_is_shown_and_not_run(watched: Watched) -> None:
    target = watched.target("shop", selfHeal=False)

    lost = shown("shop", version=11, fields=None)
    watched.judged((lambda j: watched.sees(lost, j), nothing_left), cluster=on(target))

    assert not watched.is_triggered(target)
    assert watched.world.state(target).reason == "Drifted"
    assert "ConfigMap/shop/shop (by kubectl-edit)" in watched.world.state(target).message


def test_what_was_deleted_is_told_as_gone(watched: Watched) -> None:
    target = watched.target("shop", selfHeal=False)

    def goes(judge: Judge) -> None:
        watched.marks.forget(shown("shop"))
        judge.suspect("/ConfigMap/shop/shop", "11", "kubectl-edit")

    watched.judged((goes, nothing_left), cluster=on(target))

    assert "ConfigMap/shop/shop (gone)" in watched.world.state(target).message


def test_drift_is_told_when_redis_is_back(own_redis: Redis) -> None:
    store = open_store(own_redis)
    migrations.prepare(store)
    watched = Watched(store)
    target = watched.target("shop")

    def away(judge: Judge) -> None:
        own_redis.stop()
        watched.sees(shown("shop", version=11, fields=None), judge)

    watched.judged(
        (away, one_waits), (lambda _: own_redis.start(), nothing_left), cluster=on(target)
    )

    assert watched.is_triggered(target)
    store.close()
