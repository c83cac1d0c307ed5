"""Which past state of a target is meant."""

from typing import Any

import pytest

from syncline.model import past
from syncline.model.commit import Commit
from syncline.model.part import Part
from syncline.model.request import Options, Request, Trigger, TriggerKind
from syncline.model.state import HistoryEntry
from syncline.model.status import Outcome


def run(fence: int, revision: str, **values: Any) -> HistoryEntry:
    """A run that succeeded; its objects are its revision's."""
    kind = values.pop("kind", TriggerKind.PUSH)
    wish = Request(
        trigger=Trigger(kind=kind),
        operation=values.pop("operation", None),
        options=values.pop("options", Options()),
    )
    told = {
        "finished_at": float(fence),
        "fence": fence,
        "outcome": Outcome.SUCCEEDED,
        "reason": "Succeeded",
        "revision": revision,
        "rendered": f"objects of {revision}",
        "application_generation": 1,
        "request": wish,
    }
    return HistoryEntry.model_validate({**told, **values})


def stalled(fence: int, revision: str, tried: str = "", **values: Any) -> HistoryEntry:
    commit = Commit(id=tried) if tried else None
    ended = {"outcome": Outcome.STALLED, "reason": "RenderFailed", "rendered": ""}
    return run(fence, revision, commit=commit, **ended, **values)


A, B, C = run(1, "aaaaaaa1"), run(2, "bbbbbbb2"), run(3, "ccccccc3")


def test_the_state_before_the_present_one() -> None:
    assert past.previous([C, B, A]) == B


def test_there_is_none_before_the_first() -> None:
    assert past.previous([A]) is None
    assert past.previous([]) is None


def test_runs_that_brought_about_the_same_are_one_state() -> None:
    again = run(4, "ddddddd4", rendered=C.rendered)

    assert past.previous([again, C, B, A]) == B


def test_where_nobody_digested_it_the_render_key_tells_and_else_the_commit() -> None:
    plain = {"rendered": "", "render_key": "k"}
    by_key = [run(3, "c", **plain), run(2, "b", **plain), run(1, "a", rendered="")]
    by_commit = [run(3, "c", rendered=""), run(2, "c", rendered=""), run(1, "a", rendered="")]

    assert past.previous(by_key) == by_key[2]
    assert past.previous(by_commit) == by_commit[2]


def test_what_failed_to_come_about_is_taken_back_to_what_was_there() -> None:
    assert past.previous([stalled(4, "ccccccc3", tried="ddddddd4"), C, B]) == C


def test_what_failed_with_another_spec_is_likewise() -> None:
    assert past.previous([stalled(4, "ccccccc3", application_generation=2), C, B]) == C


def test_a_failure_at_the_present_state_is_no_state_of_its_own() -> None:
    assert past.previous([stalled(4, "ccccccc3", tried="ccccccc3"), C, B]) == B
    assert past.previous([stalled(4, "ccccccc3"), C, B]) == B


@pytest.mark.parametrize(
    "other",
    [
        run(4, "ddddddd4", options=Options(only=Part(names=("web",)))),
        run(4, "", kind=TriggerKind.DELETE),
        run(4, "ddddddd4", kind=TriggerKind.DELETE),
        run(4, "ddddddd4", outcome=Outcome.SUPERSEDED),
    ],
    ids=["some objects", "nothing", "removed", "superseded"],
)
def test_what_is_no_whole_state_is_passed_over(other: HistoryEntry) -> None:
    assert past.previous([other, C, B]) == B


def test_who_was_rolled_back_goes_further_back_and_not_forward() -> None:
    back = run(4, B.revision, rendered=B.rendered)

    assert past.previous([back, C, B, A], pinned=B.fence) == A
    assert past.previous([back, C, B], pinned=B.fence) is None


def test_a_pin_whose_run_is_kept_no_more_counts_from_the_present() -> None:
    assert past.previous([C, B], pinned=99) == B


def test_a_state_by_its_run_or_its_commit() -> None:
    again = run(5, "aaaaaaa1")

    assert past.named([again, C, A], "1") == A
    assert past.named([again, C, A], "aaaaaaa") == again
    assert past.named([again, C, A], "aaaaaa") is None
    assert past.named([stalled(9, "aaaaaaa1")], "9") is None


def test_before_an_operation_is_before_its_first_run() -> None:
    first, second = run(3, "c", operation="o"), run(4, "d", operation="o")

    assert past.before([run(5, "e"), second, first, B, A], "o") == B
    assert past.before([first], "o") is None
    assert past.before([B, A], "o") is None
    assert [past.has_run([first, A], "o"), past.has_run([A], "o")] == [True, False]
