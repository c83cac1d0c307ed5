"""How fast an API server is asked."""

from dataclasses import dataclass, field

from syncline_workers.cluster.rate import Rate


@dataclass
class Clock:
    """Time that passes by sleeping alone."""

    at: float = 0.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.at += seconds


def rate(clock: Clock, *, burst: float = 0.25) -> Rate:
    """A run's part of a cluster that takes 80 requests a second of 6 runs: 10 a second."""
    made = Rate(80, runs=6, now=clock.now, sleep=clock.sleep)
    made.allow(burst)
    return made


def test_a_short_run_is_not_held_up() -> None:
    clock = Clock()
    asking = rate(clock)

    for _ in range(20):
        asking.wait()

    assert clock.slept == []


def test_a_long_run_asks_at_its_rate() -> None:
    clock = Clock()
    asking = rate(clock)

    for _ in range(120):
        asking.wait()

    assert clock.slept == [0.1] * 100


def test_what_is_not_used_for_long_is_not_kept() -> None:
    clock = Clock()
    asking = rate(clock)

    clock.at = 3600.0
    for _ in range(21):
        asking.wait()

    assert clock.slept == [0.1]


def test_a_run_that_gets_nothing_at_once_asks_at_its_rate() -> None:
    clock = Clock()
    asking = rate(clock, burst=0)

    for _ in range(3):
        asking.wait()

    assert clock.slept == [0.1] * 3


def test_what_one_run_left_the_next_does_not_have() -> None:
    clock = Clock()
    asking = rate(clock)

    asking.allow(0.0125)
    for _ in range(3):
        asking.wait()

    assert clock.slept == [0.1] * 2
