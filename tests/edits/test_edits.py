"""Random edits end as kubectl's twin of them, and planted faults are found.

`make edits SEED=1 N=2000` is the long version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from syncline.model.change import ref_of
from syncline_workers.change import drift
from syncline_workers.change.digest import encode
from syncline_workers.change.drift import Drift
from syncline_workers.cluster.api import Api
from syncline_workers.pipeline import pruning
from tests.edits.playing import Outcome
from tests.edits.sequences import RECONCILE, Step, sequence
from tests.edits.shrinking import shrunk
from tests.edits.world import World, world
from tests.harness.controlplane import ControlPlane
from tools import programs

pytestmark = pytest.mark.cluster

SEED, NUMBERS = 1, range(40)


@pytest.fixture(scope="module")
def place(control_plane: ControlPlane) -> Iterator[World]:
    with world(control_plane.cluster(0)) as made:
        yield made


def test_random_edits_end_as_with_kubectl(place: World) -> None:
    played = [place.play(sequence(SEED, number)) for number in NUMBERS]

    assert [f"{n}: {p.detail}" for n, p in enumerate(played) if p.outcome is Outcome.FAULT] == []
    assert sum(p.outcome is Outcome.EQUAL for p in played) > 0.8 * len(played)
    assert sum(p.healed for p in played) > 10


def test_the_twin_is_what_kubectl_itself_makes(place: World) -> None:
    kubectl = programs.find("kubectl").path

    played = [place.play(sequence(SEED, number), kubectl=kubectl) for number in NUMBERS[:2]]

    assert [p.detail for p in played if p.outcome is Outcome.FAULT] == []


def no_drift(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(drift, "compare", lambda *_: Drift.SAME)


def no_prune(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pruning, "prune", lambda *_: None)


def whole_objects(patch: pytest.MonkeyPatch) -> None:
    """What is there is replaced, with what others set on it."""
    real = Api.apply

    def apply(api: Api, manifest: dict[str, Any], *, force: bool, dry_run: bool = False) -> Any:
        ref = ref_of(manifest)
        if api.get(ref) is not None:
            path = api._discovery.kind(ref).path(ref.namespace, ref.name)
            api._pool.request("PUT", path, body=encode(manifest))
        return real(api, manifest, force=force, dry_run=dry_run)

    patch.setattr(Api, "apply", apply)


@pytest.mark.parametrize("mutant", [no_drift, no_prune, whole_objects])
def test_a_planted_fault_is_found(
    mutant: Callable[[pytest.MonkeyPatch], None], place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)

    played = (place.play(sequence(SEED, number)) for number in NUMBERS)

    assert any(each.outcome is Outcome.FAULT for each in played)


def test_what_fails_is_shown_with_the_steps_that_it_needs() -> None:
    bad: Step = {"delete": "web"}
    steps = [RECONCILE, bad, RECONCILE, {"strip": "web"}]

    assert shrunk(steps, lambda fewer: bad in fewer and RECONCILE in fewer) == [RECONCILE, bad]


def test_a_sequence_is_the_same_for_the_same_numbers() -> None:
    assert sequence(7, 3) == sequence(7, 3) != sequence(7, 4)
