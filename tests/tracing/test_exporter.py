"""Spans on their way to a collector that answers, and to one that does not."""

import pytest
from structlog.testing import capture_logs

from syncline.model.names import Uid
from syncline.tracing import Span, places
from syncline.tracing.exporter import Exporter
from tests.harness.collector import Collector
from tests.harness.poll import until

PLACE = places.of_operation(Uid("o1"))
COMMIT = places.of_commit(Uid("r1"), "c" * 40)
TREE = Span(
    name="reconcile",
    kind="consumer",
    begun=1_000,
    ended=9_000,
    attributes={"syncline.target": "web@west", "syncline.attempt": 1},
    links=(COMMIT,),
    error="ApplyRejected: no",
    children=(
        Span(
            name="apply",
            begun=2_000,
            ended=8_000,
            children=(Span(name="apply object", kind="client", begun=3_000, ended=4_000),),
        ),
    ),
)


def test_a_tree_arrives_as_it_was_handed_over(collector: Collector, exporter: Exporter) -> None:
    exporter.emit(TREE, PLACE)

    until(lambda: len(collector.spans) == 3, within=20, what="three spans")
    (root,) = collector.named("reconcile")
    assert {"trace_id": root.trace, "span_id": root.id} == PLACE.bound
    assert (root.service, root.parent, root.begun, root.ended) == ("syncline-test", "", 1000, 9000)
    assert root.attributes == {"syncline.target": "web@west", "syncline.attempt": 1}
    assert root.links == ((COMMIT.bound["trace_id"], COMMIT.bound["span_id"]),)
    assert (root.failed, root.message) == (True, "ApplyRejected: no")
    (step,) = collector.under(root)
    assert (step.name, step.trace, step.begun, step.ended) == ("apply", root.trace, 2000, 8000)
    assert [child.name for child in collector.under(step)] == ["apply object"]


def test_a_later_attempt_stands_under_the_first(collector: Collector, exporter: Exporter) -> None:
    first, second = PLACE, places.Place(PLACE.trace, PLACE.span + 1)

    exporter.emit(TREE, second, under=first)

    until(lambda: len(collector.spans) == 3, within=20, what="three spans")
    (span,) = collector.named("reconcile")
    assert (span.trace, span.parent) == (first.bound["trace_id"], first.bound["span_id"])


def test_the_variables_of_opentelemetry_count(
    monkeypatch: pytest.MonkeyPatch, collector: Collector
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "fleet")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    exporter = Exporter("syncline-test")
    tried = [places.of_operation(Uid(f"o{n}")) for n in range(40)]

    for place in tried:
        exporter.emit(TREE, place)
        exporter.emit(TREE, places.Place(place.trace, 1), under=place)
    exporter.close()

    roots = {span.trace for span in collector.spans if not span.parent}
    assert {span.service for span in collector.spans} == {"fleet"}
    assert 0 < len(roots) < 40
    assert roots == {span.trace for span in collector.spans}  # whole traces or none


def test_a_collector_that_hangs_costs_spans_and_never_time(
    monkeypatch: pytest.MonkeyPatch, collector: Collector
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "30")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10")
    exporter = Exporter("syncline-test")
    collector.hang()

    with capture_logs() as lines:
        for _ in range(100):  # 300 spans; this returns though nobody takes them
            exporter.emit(TREE, PLACE)
        until(lambda: collector.asked == 1, within=20, what="a batch that is not answered")
        kept = exporter.dropped
        exporter.close(within=0.1)  # this returns, too

    assert kept == 270
    assert exporter.dropped == 300
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("spans_dropped", "warning"),
        ("spans_dropped", "warning"),
    ]
    assert sum(line["spans"] for line in lines) == 300
    assert collector.spans == []


def test_what_a_collector_refuses_is_counted(collector: Collector, exporter: Exporter) -> None:
    collector.refusing = True

    exporter.emit(TREE, PLACE)

    until(lambda: exporter.dropped == 3, within=20, what="three spans dropped")
