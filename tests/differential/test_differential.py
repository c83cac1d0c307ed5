"""Random sequences are answered as Kubernetes answers them, and every planted mutant is found.

The true answers are taken once; `make differential SEED=1 SEQUENCES=500` is the long version.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.differential.comparison import answers, compared, real, simulated
from tests.differential.mutants import MUTANTS, Patch
from tests.harness.controlplane import ControlPlane

pytestmark = pytest.mark.cluster

SEED = 1
NUMBERS = range(40)


@pytest.fixture(scope="module")
def truth(control_plane: ControlPlane) -> list[list[Any]]:
    """What a real kube-apiserver answers."""
    with real(control_plane.cluster(0).kubeconfig) as kubernetes:
        return [answers(kubernetes, SEED, number) for number in NUMBERS]


def test_the_simulator_answers_random_sequences_as_kubernetes_does(
    truth: list[list[Any]], tmp_path: Path
) -> None:
    with simulated(tmp_path) as simulator:
        found = list(compared(simulator, truth, seed=SEED, numbers=NUMBERS))

    assert [one and f"{one.number}: {one.kind}" for one in found] == [None] * len(NUMBERS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_planted_mutant_is_found(
    mutant: Callable[[Patch], None],
    truth: list[list[Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mutant(monkeypatch.setattr)

    with simulated(tmp_path) as simulator:
        assert any(compared(simulator, truth, seed=SEED, numbers=NUMBERS))
