"""Which commit a run is brought to."""

from __future__ import annotations

from typing import Any

from syncline.model.application import ApplicationSpec
from syncline.model.names import TargetId
from syncline.model.records import ApplicationRecord
from syncline.model.request import Request, Trigger, TriggerKind
from syncline.model.run import Claim, Lease
from syncline_workers.pipeline import resolve
from tests.pipeline import twins

SPEC = ApplicationSpec.model_validate(
    {"source": {"repository": "shop"}, "destination": {"cluster": "west"}}
)
ONE, TWO = "1" * 40, "2" * 40


def claim(**request: Any) -> Claim:
    return Claim(
        lease=Lease(target=TargetId("a1.c1"), fence=1, ticket="t", seconds=30),
        installation="i",
        request=Request(trigger=Trigger(kind=TriggerKind.OPERATION), **request),
        application=ApplicationRecord(uid="a1", name="shop", project="default", spec=SPEC),
        cluster=twins.CLUSTER,
        repository=twins.REPOSITORY,
    )


def test_the_branch_of_an_operation_is_looked_up_once_and_stays_that_commit() -> None:
    repositories = twins.Repositories(heads={"topic": ONE})
    ports = twins.ports(repositories=repositories)

    first = resolve.resolve(ports, claim(revision="topic", operation="o1"))
    repositories.heads["topic"] = TWO
    again = resolve.resolve(ports, claim(revision="topic", operation="o1"))
    other = resolve.resolve(ports, claim(revision="topic", operation="o2"))

    assert (first, again, other, repositories.asked) == (ONE, ONE, TWO, 2)


def test_without_an_operation_it_is_looked_up_each_time() -> None:
    repositories = twins.Repositories(heads={"topic": ONE})
    ports = twins.ports(repositories=repositories)

    found = [resolve.resolve(ports, claim(revision="topic")) for _ in range(2)]

    assert (found, repositories.asked) == ([ONE, ONE], 2)
