"""The simulator's answers are the API server's, whole: codes, bodies, messages, managedFields."""

import pytest

from tests.conformance import scenario
from tests.conformance.backend import Backend


@pytest.mark.cluster
@pytest.mark.parametrize("case", sorted(path.name for path in scenario.CASES.glob("*.yaml")))
def test_the_simulator_answers_as_kubernetes_does(
    case: str, simulator: Backend, kubernetes: Backend
) -> None:
    steps = scenario.load(case)

    simulated = list(scenario.play(steps, simulator, simulator.fresh_namespace()))
    real = list(scenario.play(steps, kubernetes, kubernetes.fresh_namespace()))

    for step, mine, theirs in zip(steps, simulated, real, strict=True):
        assert mine == theirs, step
