"""Plays sequences on both kinds of server and collects where they part."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from syncline.simulator.background import running
from tests.conformance.backend import Backend
from tests.differential import differences
from tests.differential.differences import Difference
from tests.differential.player import Player, Steady, define
from tests.differential.sequences import sequence

NEVER = 1e6  # seconds until workloads are ready: the real server has no kubelet either


@contextmanager
def simulated(directory: Path) -> Iterator[Steady]:
    """A fresh simulated cluster that serves widgets."""
    with running(1, directory, rollout=NEVER) as started:
        kubeconfig = started.kubeconfigs["cluster-1"]
        with served(Backend.from_kubeconfig("simulator", kubeconfig)) as backend:
            yield backend


@contextmanager
def real(kubeconfig: Path) -> Iterator[Steady]:
    """A kube-apiserver that serves widgets."""
    with served(Backend.from_kubeconfig("kubernetes", kubeconfig)) as backend:
        yield backend


@contextmanager
def served(found: Backend) -> Iterator[Steady]:
    """A backend with one connection, which serves widgets."""
    backend = Steady.of(found)
    try:
        define(backend)
        yield backend
    finally:
        backend.close()


def answers(backend: Backend, seed: int, number: int) -> list[Any]:
    """All answers to one sequence."""
    return list(Player(backend).play(sequence(seed, number)))


def compared(
    simulator: Backend, truth: Iterable[list[Any]], *, seed: int, numbers: Iterable[int]
) -> Iterator[Difference | None]:
    """For each sequence where the simulator parts from the true answers; None where nowhere."""
    for number, theirs in zip(numbers, truth, strict=True):
        mine = answers(simulator, seed, number)
        found = differences.first(mine, theirs)
        if found is None:
            yield None
            continue
        index, what = found
        steps = sequence(seed, number)
        yield Difference(
            seed=seed,
            number=number,
            step=index,
            kind=f"{differences.verb(steps[index])}: {what}",
            mine=mine[index],
            theirs=theirs[index],
            steps=steps,
        )
