from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from syncline.model.application import Backoff
from syncline_workers.pipeline.failure import is_exhausted, wait

POLICY = Backoff(initial=timedelta(seconds=5), factor=2, maximum=timedelta(minutes=3))


@given(st.integers(min_value=1, max_value=10_000))
def test_a_wait_is_never_longer_than_the_jittered_cap(attempt: int) -> None:
    assert 4.0 <= wait(POLICY, attempt) <= 180 * 1.2


def test_waits_differ_also_at_the_cap() -> None:
    waits = [wait(POLICY, attempt) for attempt in range(50, 250)]

    assert len(set(waits)) > 190
    assert (min(waits) < 180 * 0.85, max(waits) > 180 * 1.15) == (True, True)


def test_waits_grow() -> None:
    assert wait(POLICY, 1) < wait(POLICY, 3) < wait(POLICY, 5)


def test_a_limit_of_zero_is_no_limit() -> None:
    assert not is_exhausted(Backoff(limit=0), 1_000_000)


def test_a_limit_counts_attempts() -> None:
    assert [is_exhausted(Backoff(limit=2), n) for n in (1, 2, 3)] == [False, True, True]
