"""Faults of many clusters, by chance, on a timetable, and on connections that are already open."""

import time
import urllib.error
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.conformance.backend import Backend
from tests.harness import poll
from tests.simulator.conftest import Fleet
from tests.simulator.test_watch import config_map, watching

KUBE_SYSTEM = "/api/v1/namespaces/kube-system"
ROOT = "/api/v1/namespaces/default/configmaps"
CUT = (urllib.error.URLError, OSError)


@pytest.fixture(autouse=True)
def well(fleet: Fleet) -> Iterator[None]:
    """All clusters behave again after a test."""
    yield
    fleet.admin("DELETE", "/simulator/timetable")
    fleet.admin("PUT", "/simulator/faults", {"mode": "none"})


def code(cluster: Backend) -> int:
    """The status code of an answer; 0 where there is none within a moment."""
    try:
        return cluster("GET", KUBE_SYSTEM, timeout=0.2).code
    except CUT:
        return 0


def codes(fleet: Fleet) -> list[int]:
    return [code(fleet.cluster(number)) for number in (1, 2, 3)]


def test_one_request_makes_many_clusters_misbehave(fleet: Fleet) -> None:
    fault = {"clusters": ["cluster-1", "cluster-3"], "mode": "error", "code": 500}

    answer = fleet.admin("PUT", "/simulator/faults", fault)

    assert (answer.code, answer.body["clusters"]) == (200, ["cluster-1", "cluster-3"])
    assert codes(fleet) == [500, 200, 500]


def test_a_share_of_the_clusters_is_drawn_by_a_seed(fleet: Fleet) -> None:
    fault = {"clusters": 0.34, "seed": 7, "mode": "error"}

    drawn = [fleet.admin("PUT", "/simulator/faults", fault).body["clusters"] for _ in range(2)]

    assert drawn[0] == drawn[1]
    assert Counter(codes(fleet)) == {200: 2, 503: 1}


def test_a_fault_may_meet_some_requests_only(fleet: Fleet) -> None:
    fleet.fault(1, mode="error", code=500, probability=0.5)

    seen = Counter(code(fleet.cluster(1)) for _ in range(60))

    assert set(seen) == {200, 500}


def test_lateness_varies_by_its_jitter(fleet: Fleet) -> None:
    fleet.fault(1, mode="slow", delay=0.05, jitter=0.05)
    cluster, waits = fleet.cluster(1), []

    for _ in range(10):
        start = time.monotonic()
        cluster("GET", KUBE_SYSTEM)
        waits.append(time.monotonic() - start)

    assert max(waits) - min(waits) > 0.01


def test_a_timetable_brings_and_ends_faults(fleet: Fleet) -> None:
    table = fleet.timetable(
        {"at": 0, "for": 0.3, "clusters": ["cluster-1"], "mode": "error", "code": 500},
        {"at": 0.3, "for": 60, "clusters": ["cluster-2"], "mode": "error", "code": 429},
    )

    assert [entry["clusters"] for entry in table.body["entries"]] == [["cluster-1"], ["cluster-2"]]
    for expected in ([500, 200, 200], [200, 429, 200]):
        poll.until(lambda wanted=expected: codes(fleet) == wanted, within=5, what=str(expected))
    fleet.admin("DELETE", "/simulator/timetable")
    assert codes(fleet) == [200, 200, 200]


def test_faults_of_two_kinds_act_together(fleet: Fleet) -> None:
    fleet.fault(1, mode="error", code=500)
    fleet.timetable({"mode": "slow", "delay": 0.1})
    poll.until(
        lambda: fleet.admin("GET", "/simulator/clusters").body["items"][0]["timed"],
        within=5,
        what="the timetable's fault",
    )
    start = time.monotonic()

    assert code(fleet.cluster(1)) == 500
    assert time.monotonic() - start >= 0.1


def test_a_timetable_that_is_none_says_which_entry(fleet: Fleet) -> None:
    answer = fleet.timetable({"mode": "hang"}, {"mode": "hang", "clusters": ["elsewhere"]})

    assert answer.code == 400
    assert answer.body["message"].startswith("entry 1: no such cluster: elsewhere")


@pytest.mark.parametrize("cut", [True, False], ids=["reset at once", "silent until it ends"])
def test_a_partition_takes_open_watches_with_it(fleet: Fleet, *, cut: bool) -> None:
    cluster = fleet.cluster(1)
    cluster.apply(f"{ROOT}/there", config_map("there"))

    with watching(cluster, ROOT, fieldSelector="metadata.name=there") as events:
        assert next(events)["type"] == "ADDED"
        fleet.fault(1, mode="partition", cut=cut)
        assert codes(fleet) == [0, 200, 200]
        if not cut:
            fleet.fault(1, mode="none")
        with pytest.raises((StopIteration, *CUT)):
            next(events)

    fleet.fault(1, mode="none")
    assert codes(fleet) == [200, 200, 200]


def test_the_simulators_own_cost_is_told(fleet: Fleet) -> None:
    before = fleet.admin("GET", "/simulator/usage").body
    cluster = fleet.cluster(1)

    cluster.apply(f"{ROOT}/counted", config_map("counted"))
    cluster("GET", f"{ROOT}/none-such")
    cluster("GET", ROOT)
    fleet.fault(1, mode="error", code=429)
    cluster("GET", ROOT)

    after = fleet.admin("GET", "/simulator/usage").body
    assert after["cpu_seconds"] > before["cpu_seconds"]
    added = Counter(flat(after)) - Counter(flat(before))
    assert added == {
        ("apply", "201"): 1,
        ("get", "404"): 1,
        ("list", "200"): 1,
        ("fault", "429"): 1,
    }


def flat(usage: dict[str, dict[str, dict[str, int]]]) -> dict[tuple[str, str], int]:
    return {
        (verb, status): count
        for verb, statuses in usage["requests"].items()
        for status, count in statuses.items()
    }
