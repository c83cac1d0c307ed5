"""What a watch remembers of objects, and what it takes for a change."""

from __future__ import annotations

import tracemalloc

from syncline_workers.watch.marks import Marks
from tests.watch.live import recorded, shown


def marks_of(*found: dict[str, object]) -> Marks:
    made = Marks()
    for each in found:
        made.note(each)
    return made


def test_a_change_of_status_is_none() -> None:
    marks = marks_of(shown())

    assert not marks.note(shown(version=11, generation=2))


def test_a_field_that_is_lost_is_a_change() -> None:
    marks = marks_of(shown())

    assert marks.note(shown(version=11, fields={"f:data": {}}))


def test_another_object_of_the_name_is_a_change() -> None:
    marks = marks_of(shown())

    assert marks.note(shown(uid="u2"))


def test_an_object_is_as_it_was_recorded_until_something_of_ours_changes() -> None:
    assert marks_of(shown(version=20)).is_as(recorded(version=10))
    assert not marks_of(shown(fields=None)).is_as(recorded())
    assert not marks_of().is_as(recorded())


def test_what_was_recorded_without_a_mark_need_only_exist() -> None:
    entry = recorded().model_copy(update={"owned": ""})

    assert marks_of(shown()).is_as(entry)
    assert not marks_of().is_as(entry)


def test_what_others_may_take_of_an_object_is_left_to_sweeps() -> None:
    entry = recorded().model_copy(update={"ignored": "x"})

    assert marks_of(shown(fields=None)).is_as(entry)
    assert not marks_of().is_as(entry)


def test_what_was_deleted_is_forgotten() -> None:
    marks = marks_of(shown())

    marks.forget(shown())

    assert not len(marks)
    assert not marks.is_as(recorded())


def test_an_object_takes_200_bytes_however_large_it_is() -> None:
    fields = {f"f:{number}": {} for number in range(500)}
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    marks = marks_of(*(shown(f"object-{number}", fields=fields) for number in range(2000)))
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()

    assert len(marks) == 2000
    assert grown / 2000 < 200
