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


def test_a_short_run_is_not_held_up() -> None:
    clock = Clock()
    rate = Rate(10, now=clock.now, sleep=clock.sleep)

    for _ in range(20):
        rate.wait()

    assert clock.slept == []


def test_a_long_run_asks_at_its_rate() -> None:
    clock = Clock()
    rate = Rate(10, now=clock.now, sleep=clock.sleep)

    for _ in range(120):
        rate.wait()

    assert clock.slept == [0.1] * 100


def test_what_is_not_used_for_long_is_not_kept() -> None:
    clock = Clock()
    rate = Rate(10, now=clock.now, sleep=clock.sleep)

    clock.at = 3600.0
    for _ in range(21):
        rate.wait()

    assert clock.slept == [0.1]
