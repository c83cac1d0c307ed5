"""What asking why a roll-out is stuck may cost one look, whatever the cluster does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from syncline.errors import ClusterUnreachable
from syncline.health.verdict import Health, degraded, healthy, progressing
from syncline.model.change import ref_of
from syncline.model.names import ObjectKey
from syncline.model.values import Manifest
from syncline_workers.pipeline import stuck

BEHIND = progressing("NotAvailable", "0 of 1 replicas available")


@dataclass(eq=False)
class Api:
    """A cluster without Pods; what it is asked is counted."""

    away: bool = False
    asked: list[str] = field(default_factory=list)

    def list_objects(self, ref: Any, **_: Any) -> Iterable[Manifest]:
        self.asked.append(ref.kind)
        if self.away:
            raise ClusterUnreachable("cluster west", "refused")
        return ()


def deployments(number: int) -> Iterator[tuple[ObjectKey, Manifest, Health]]:
    for each in range(number):
        live = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"namespace": "shop", "name": f"web-{each}", "uid": f"u{each}"},
            "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {}},
        }
        yield ref_of(live).key, live, BEHIND


def explain(api: Api, number: int) -> dict[ObjectKey, Health]:
    return stuck.explain(cast("Any", api), deployments(number))


def test_one_look_asks_about_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stuck, "_MOST", 3)
    api = Api()

    assert len(explain(api, 5)) == 3
    assert api.asked == ["Pod", "Event"] * 3


def test_one_look_asks_for_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stuck, "_WITHIN", -1.0)
    api = Api()

    assert (explain(api, 5), api.asked) == ({}, [])


def test_a_cluster_that_does_not_answer_costs_the_reason_and_not_what_was_judged() -> None:
    assert set(explain(Api(away=True), 2).values()) == {BEHIND}


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("metadata", {"name": "web", "deletionTimestamp": "2026-01-01T00:00:00Z"}),
        ("status", {"conditions": [{"type": "ReplicaFailure", "status": "True"}]}),
        ("spec", {"replicas": 1}),
    ],
    ids=["it goes", "it says so itself", "its Pods are not known"],
)
def test_who_has_nothing_to_ask_for_is_not_asked_about(part: str, value: Any) -> None:
    _, live, _ = next(deployments(1))
    api = Api()

    assert stuck.ask(cast("Any", api), {**live, part: value}, BEHIND) == BEHIND
    assert api.asked == []


@pytest.mark.parametrize(
    ("health", "seconds", "expected"),
    [
        (BEHIND, stuck.PATIENCE - 1, False),
        (BEHIND, stuck.PATIENCE, True),
        (degraded("Failed", "it failed"), 0.0, True),
        (healthy(), 1e6, False),
    ],
)
def test_what_may_still_come_is_waited_for(
    health: Health, seconds: float, *, expected: bool
) -> None:
    assert stuck.is_stuck(health, seconds) is expected
