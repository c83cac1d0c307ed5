"""What of the cluster reaches a render, and that only charts are rendered again because of it."""

import shutil
from pathlib import Path
from typing import Any, cast

import pytest

from syncline.store import keys
from syncline.store.connection import Store
from syncline_workers.pipeline import rendering
from syncline_workers.pipeline.remembered import Remembered, Result, commit_of
from tests.harness.redis_fixtures import redis_server, redis_session, store
from tests.pipeline.rendered import BUILT_IN, MONITORED, Fleet, Served, host
from tests.pipeline.twins import CLUSTER, REPOSITORY, entry

__all__ = ["redis_server", "redis_session", "store"]


@pytest.fixture
def fleet(tmp_path: Path, store: Store) -> Fleet:
    return host(tmp_path, store)


def test_a_chart_sees_the_version_and_the_kinds_of_its_cluster(fleet: Fleet) -> None:
    without, _ = fleet.render("chart", Served(BUILT_IN), version="v1.30.2")
    having, _ = fleet.render("chart", Served(MONITORED), version="v1.31.0")

    assert [one["data"] for one in (*without, *having)] == [
        {"monitor": "false", "version": "v1.30.2"},
        {"monitor": "true", "version": "v1.31.0"},
    ]


def test_clusters_that_serve_the_same_share_one_render(fleet: Fleet) -> None:
    _, first = fleet.render("chart", Served(MONITORED))
    kept = fleet.kept

    _, second = fleet.render("chart", Served(tuple(reversed(MONITORED))))

    assert second == first
    assert fleet.kept == kept


def test_another_served_kind_or_version_is_another_render_of_a_chart(fleet: Fleet) -> None:
    keys = {
        fleet.render("chart", Served(BUILT_IN))[1],
        fleet.render("chart", Served(MONITORED))[1],
        fleet.render("chart", Served(BUILT_IN), version="v1.37.0")[1],
    }

    assert len(keys) == 3


def test_a_chart_sees_what_its_application_says_instead(fleet: Fleet) -> None:
    api, said = Served(BUILT_IN), {"kubeVersion": "v1.29.0", "apiVersions": list(MONITORED)}

    one, key = fleet.render("chart", api, version="v1.30.2", helm=said)
    _, other = fleet.render("chart", api, version="v1.31.0", helm=said)

    assert one[0]["data"] == {"monitor": "true", "version": "v1.29.0"}
    assert (other, api.asked) == (key, [])


def test_what_is_laid_over_a_kustomization_is_filled_in_for_the_cluster(fleet: Fleet) -> None:
    over = {"namePrefix": "{{ cluster.name }}-"}

    (made,), key = fleet.render("kustomize", Served(BUILT_IN), kustomize=over)

    assert made["metadata"]["name"] == f"{CLUSTER.name}-seen"
    assert key != fleet.render("kustomize", Served(BUILT_IN))[1]


def test_what_a_repository_renders_with_remote_bases_is_for_it_alone(fleet: Fleet) -> None:
    spec = REPOSITORY.spec.model_copy(update={"remote_bases": ("https://h.io/org",)})
    allowed = REPOSITORY.model_copy(update={"spec": spec})

    _, key = fleet.render("kustomize", Served(BUILT_IN), repository=allowed)

    assert key != fleet.render("kustomize", Served(BUILT_IN))[1]


@pytest.mark.parametrize("path", ["plain", "kustomize"])
def test_nothing_else_depends_on_the_cluster_or_asks_it(fleet: Fleet, path: str) -> None:
    one, other = Served(BUILT_IN), Served(MONITORED)

    keys = {
        fleet.render(path, one)[1],
        fleet.render(path, other, version="v1.30.2")[1],
    }

    assert len(keys) == 1
    assert one.asked == other.asked == []


def test_a_chart_asks_once_and_names_what_was_applied(fleet: Fleet) -> None:
    api, applied = Served(BUILT_IN), entry("seen", uid="u", version="1", mark="m")

    fleet.render("chart", api, inventory=(applied,))

    assert api.asked == [[applied.ref]]


@pytest.mark.parametrize("path", ["plain", "kustomize", "chart"])
def test_what_a_process_has_rendered_it_remembers(fleet: Fleet, path: str) -> None:
    rendered = fleet.render(path, Served(BUILT_IN))
    fleet.opened_times = 0
    fleet.store.redis.delete(keys.RENDERED_BY())
    shutil.rmtree(fleet.settings.cache)

    assert fleet.render(path, Served(BUILT_IN)) == rendered

    assert (fleet.opened_times, fleet.kept) == (0, set())


def test_another_commit_is_looked_at_again(fleet: Fleet) -> None:
    fleet.render("plain", Served(BUILT_IN))
    fleet.opened_times = 0

    fleet.render("plain", Served(BUILT_IN), revision="b" * 40)

    assert fleet.opened_times == 1


def test_a_repository_whose_document_changed_is_asked_again(fleet: Fleet) -> None:
    fleet.render("plain", Served(BUILT_IN))
    fleet.opened_times = 0

    fleet.render(
        "plain", Served(BUILT_IN), repository=REPOSITORY.model_copy(update={"generation": 2})
    )

    assert fleet.opened_times == 1


def test_what_is_large_is_left_to_the_disk() -> None:
    memory = Remembered()
    commit = commit_of(REPOSITORY, "a" * 40)
    result = Result(key="k", inputs={}, manifests=())

    memory.keep(commit, "small", result, size=1000)
    memory.keep(commit, "large", result, size=1_000_000)

    assert (memory.result(commit, "small"), memory.result(commit, "large")) == (result, None)


@pytest.mark.parametrize("path", ["plain", "chart"])
def test_how_large_a_result_is_is_told_wherever_it_comes_from(fleet: Fleet, path: str) -> None:
    """It decides, with the time, which lane the application goes by."""

    def packed() -> int:
        attempt = fleet.attempt(path)
        rendering.render(attempt, cast("Any", Served(BUILT_IN)))
        return attempt.packed

    rendered, remembered = packed(), packed()
    fleet.remembered = Remembered()
    from_disk = packed()

    assert rendered == remembered == from_disk > 50
