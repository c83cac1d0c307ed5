"""Ids that several processes come to by themselves."""

import re

from syncline.model.names import TargetId, Uid
from syncline.model.request import Request, Trigger, TriggerKind
from syncline.tracing import places

TARGET = TargetId("a1.c1")
REQUEST = Request(generation=7, trigger=Trigger(kind=TriggerKind.PUSH), requested_at=1.25)


def test_all_attempts_of_a_run_share_its_trace() -> None:
    sent_again = Request.model_validate_json(REQUEST.model_dump_json())

    first, second = places.of_run(TARGET, REQUEST), places.of_run(TARGET, sent_again, attempt=2)

    assert first.trace == second.trace
    assert first.span != second.span
    assert places.of_run(TARGET, sent_again) == first


def test_another_request_has_another_trace() -> None:
    others = [
        REQUEST.model_copy(update={"generation": 8}),
        REQUEST.model_copy(update={"requested_at": 99.0}),  # removed, and made again
    ]

    traces = {places.of_run(TARGET, request).trace for request in (REQUEST, *others)}

    assert len(traces | {places.of_run(TargetId("a2.c1"), REQUEST).trace}) == 4


def test_a_commit_is_one_span_for_each_repository() -> None:
    commit = "c" * 40

    assert places.of_commit(Uid("r1"), commit) == places.of_commit(Uid("r1"), commit)
    assert places.of_commit(Uid("r1"), commit) != places.of_commit(Uid("r2"), commit)
    assert places.of_commit(Uid("r1"), "x") != places.of_operation(Uid("r1"))


def test_log_lines_name_a_span_as_the_world_writes_it() -> None:
    bound = places.of_operation(Uid("o1")).bound

    assert re.fullmatch(r"[0-9a-f]{32}", bound["trace_id"])
    assert re.fullmatch(r"[0-9a-f]{16}", bound["span_id"])
