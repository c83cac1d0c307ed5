"""Many at once, in order, and no further after the first error."""

from __future__ import annotations

import os
import threading

import pytest

from syncline.errors import ApplyRejected, ClusterBusy
from syncline_workers.cluster.parallel import Result, each


def test_results_come_in_the_order_of_the_items() -> None:
    found = each(range(100), lambda number: number * 2, width=8)

    assert found == [Result(value=number * 2) for number in range(100)]


def test_nothing_comes_of_nothing() -> None:
    assert each([], str, width=8) == []


def test_one_item_is_done_by_the_caller_itself() -> None:
    (found,) = each([1], lambda _: threading.get_ident(), width=8)

    assert found.value == threading.get_ident()


@pytest.mark.parametrize("width", [1, 3, 8])
def test_no_more_than_the_width_are_at_work_at_once(width: int) -> None:
    lock, gate = threading.Lock(), threading.Barrier(width)
    at_work = 0
    most = 0

    def work(_: int) -> None:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        gate.wait(10)  # so many really are at work together
        with lock:
            at_work -= 1

    each(range(width * 3), work, width=width)

    assert most == width


def test_after_an_error_nothing_more_is_begun_and_what_happened_is_told() -> None:
    error = ApplyRejected("ConfigMap/x", "no")

    def work(number: int) -> int:
        if number == 2:
            raise error
        return number

    found = each(range(5), work, width=1)

    assert found == [
        Result(value=0),
        Result(value=1),
        Result(error=error),
        Result(begun=False),
        Result(begun=False),
    ]


def test_what_had_begun_when_an_error_came_is_waited_for() -> None:
    failed = threading.Event()

    def work(number: int) -> str:
        if number == 0:
            failed.set()
            raise ClusterBusy("cluster eu", "later")
        failed.wait(10)
        return "done"

    found = each(range(2), work, width=2)

    assert isinstance(found[0].error, ClusterBusy)
    assert found[1] in (Result(value="done"), Result(begun=False))


def test_whoever_must_stop_begins_nothing_more() -> None:
    done: list[int] = []

    found = each(range(5), done.append, width=1, should_stop=lambda: len(done) >= 2)

    assert done == [0, 1]
    assert [result.begun for result in found] == [True, True, False, False, False]


@pytest.mark.parametrize("width", [1, 4])
def test_an_error_that_is_none_of_ours_is_raised_again(width: int) -> None:
    def work(number: int) -> None:
        if number == 7:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        each(range(50), work, width=width)


def test_an_interrupted_caller_leaves_no_work_behind() -> None:
    main = threading.get_ident()
    others: list[int] = []

    def work(number: int) -> None:
        if threading.get_ident() == main:
            raise KeyboardInterrupt
        others.append(number)

    with pytest.raises(KeyboardInterrupt):
        each(range(1000), work, width=4)
    count = len(others)

    assert each([1], lambda _: len(others), width=1) == [Result(value=count)]


def test_work_within_work_does_not_wait_for_itself() -> None:
    def inner(number: int) -> int:
        return sum(result.value or 0 for result in each(range(number), lambda n: n, width=16))

    found = each([5] * 100, inner, width=64)

    assert [result.value for result in found] == [10] * 100


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own() -> None:
    each(range(10), str, width=4)

    child = os.fork()
    if child == 0:
        found = each(range(10), lambda number: number, width=4)
        os._exit(0 if [result.value for result in found] == list(range(10)) else 1)

    assert os.waitpid(child, 0)[1] == 0
