"""One render for all that need the same at once, whichever host they are on."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncline.errors import AwaitsRender, RenderFailed
from syncline.model.status import Outcome
from syncline.store import keys
from syncline.store.connection import Store
from syncline_workers.pipeline import failing, render_turn, rendering
from syncline_workers.pipeline.remembered import Remembered
from syncline_workers.renderers import render as renderers
from tests.harness.redis_fixtures import redis_server, redis_session, store
from tests.pipeline.rendered import BUILT_IN, Fleet, Served, host

__all__ = ["redis_server", "redis_session", "store"]

SERVED = Served(BUILT_IN)


class Counted:
    """Renders as they are, counted; each waits until it may go on."""

    def __init__(self, real: Callable[..., Any]) -> None:
        self._real = real
        self.begun = threading.Semaphore(0)
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.times = 0

    def __call__(self, *given: Any) -> Any:
        self.times += 1
        self.begun.release()
        assert self.may_go_on.wait(60)
        return self._real(*given)


@pytest.fixture
def renders(monkeypatch: pytest.MonkeyPatch) -> Counted:
    counted = Counted(renderers.render)
    monkeypatch.setattr(renderers, "render", counted)
    return counted


@pytest.fixture
def hosts(tmp_path: Path, store: Store) -> list[Fleet]:
    return [host(tmp_path / f"host{number}", store) for number in range(6)]


@contextmanager
def one_renders(renders: Counted, fleet: Fleet, path: str = "chart") -> Iterator[Any]:
    """Somebody else's render is under way, for as long as the block lasts."""
    renders.may_go_on.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(fleet.render, path, SERVED)
        assert renders.begun.acquire(timeout=60)
        try:
            yield first
        finally:
            renders.may_go_on.set()


@pytest.mark.parametrize("path", ["chart", "kustomize", "plain"])
def test_many_hosts_at_once_render_once(hosts: list[Fleet], renders: Counted, path: str) -> None:
    with ThreadPoolExecutor(len(hosts)) as pool:
        found = list(pool.map(lambda each: until_rendered(each, path), hosts))

    assert renders.times == 1
    assert all(each == found[0] for each in found)


def until_rendered(fleet: Fleet, path: str) -> tuple[list[Any], str]:
    """As the queue does: a run that gave its slot back comes again."""
    while True:
        try:
            return fleet.render(path, SERVED)
        except AwaitsRender:
            continue


def test_who_waits_longer_than_a_moment_gives_the_slot_back(
    hosts: list[Fleet], renders: Counted
) -> None:
    attempt = hosts[1].attempt("chart")

    with one_renders(renders, hosts[0]), pytest.raises(AwaitsRender) as refused:
        rendering.render(attempt, SERVED)  # type: ignore[arg-type]

    told = failing.report(attempt, refused.value)
    assert (told.outcome, told.awaits) == (Outcome.ABANDONED, refused.value.work)
    assert 0 < told.retry_after < 40
    assert renders.times == 1


def test_the_next_one_of_the_process_does_not_even_wait(
    hosts: list[Fleet], renders: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    with one_renders(renders, hosts[0]):
        with pytest.raises(AwaitsRender):
            hosts[1].render("chart", SERVED)
        monkeypatch.setattr(render_turn, "PATIENCE", 3600.0)
        with pytest.raises(AwaitsRender):
            hosts[1].render("chart", SERVED)


def test_a_preview_does_not_give_up(hosts: list[Fleet], renders: Counted) -> None:
    attempt = replace(hosts[1].attempt("chart"), is_preview=True)

    with one_renders(renders, hosts[0]) as first, ThreadPoolExecutor(1) as pool:
        second = pool.submit(rendering.render, attempt, SERVED)  # type: ignore[arg-type]
        assert renders.begun.acquire(timeout=60)  # it renders for itself
        renders.may_go_on.set()
        assert second.result() == first.result()[0]


def test_what_is_too_large_to_be_shared_is_rendered_by_each_host(
    hosts: list[Fleet], renders: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncline.store.rendered.LARGEST", 10)

    found = [each.render("chart", SERVED) for each in hosts[:3]]

    assert found[0] == found[1] == found[2]
    assert renders.times == 3


def test_what_fails_for_one_fails_for_all_at_once(hosts: list[Fleet], renders: Counted) -> None:
    broken = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
    for each in hosts[:3]:
        (each.tree.root / "broken/templates").mkdir(parents=True)
        (each.tree.root / "broken/Chart.yaml").write_text(broken)
        (each.tree.root / "broken/templates/a.yaml").write_text('{{ fail "no image" }}')

    said = []
    for each in hosts[:3]:
        with pytest.raises(RenderFailed, match="no image") as refused:
            each.render("broken", SERVED)
        said.append(str(refused.value))

    assert len(set(said)) == 1
    assert renders.times == 1


def test_a_host_that_learned_other_inputs_finds_what_another_rendered(
    hosts: list[Fleet], renders: Counted
) -> None:
    one, other = hosts[:2]
    one.render("kustomize", SERVED)
    other.render("kustomize", SERVED)
    for each in (one, other):
        (each.tree.root / "kustomize/more.yaml").write_text(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n"
        )
        text = "resources: [seen.yaml, more.yaml]\n"
        (each.tree.root / "kustomize/kustomization.yaml").write_text(text)

    found = [one.render("kustomize", SERVED, revision="b" * 40)]
    one.store.redis.delete(*one.store.redis.keys(keys.RENDERING("*")))  # a minute later
    found += [other.render("kustomize", SERVED, revision="b" * 40)]

    assert found[0] == found[1]
    assert len(found[0][0]) == 2
    assert renders.times == 2


def test_a_render_tells_where_it_lay(hosts: list[Fleet]) -> None:
    def place(fleet: Fleet) -> str:
        attempt = replace(fleet.attempt("kustomize"), is_preview=True)
        rendering.render(attempt, SERVED)  # type: ignore[arg-type]
        [told] = attempt.explained
        assert told.inputs["kustomize/seen.yaml"] != ""
        assert told.inputs["kustomize/Kustomization"] == ""
        return str(told.place)

    first = place(hosts[0])
    again = place(hosts[0])
    elsewhere = place(hosts[1])
    restarted = place(replace(hosts[1], remembered=Remembered()))

    assert [first, again, elsewhere, restarted] == ["rendered", "process", "store", "disk"]
