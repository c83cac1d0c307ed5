"""What a run that failed tells: whether anything of it may have reached the cluster."""

from typing import Any, cast

import pytest

from syncline.errors import ApplyRejected, ClusterBusy, ClusterUnreachable, SynclineError
from syncline.model.application import ApplicationSpec
from syncline.model.change import ObjectRef
from syncline.model.names import TargetId
from syncline.model.records import ApplicationRecord
from syncline.model.request import Options, Request, Trigger, TriggerKind
from syncline.model.run import Claim, Lease, Report
from syncline.model.values import Manifest
from syncline_workers.change import plan
from syncline_workers.change.tracking import Origin
from syncline_workers.pipeline import applying, failing
from syncline_workers.pipeline.attempt import Attempt
from tests.pipeline import twins

SPEC = ApplicationSpec.model_validate(
    {"source": {"repository": "shop"}, "destination": {"cluster": "west"}}
)
APPLICATION = ApplicationRecord(uid="a1", name="shop", project="default", spec=SPEC)


class Answering:
    """An API server that answers each object as scripted: it takes it, or says why not."""

    def __init__(self, answers: dict[str, SynclineError | None]) -> None:
        self._answers = answers

    def apply(self, manifest: Manifest, *, force: bool, dry_run: bool = False) -> Manifest:
        del force, dry_run
        name = manifest["metadata"]["name"]
        if error := self._answers[name]:
            raise error
        return twins.live(name, uid=f"uid-{name}", version="7")

    def get(self, ref: ObjectRef) -> Manifest | None:
        """Nothing was there before."""
        del ref


class Beating:
    """A heart that never misses a beat."""

    def check(self) -> None:
        """Be there."""

    def alive(self) -> bool:
        return True


def failed(answers: dict[str, SynclineError | None], **request: Any) -> Report:
    """Apply ConfigMaps, one for each answer, and report the first failure."""
    asked = Request(trigger=Trigger(kind=TriggerKind.OPERATION), **request)
    claim = Claim(
        lease=Lease(target=TargetId("a1.c1"), fence=1, ticket="t", seconds=30),
        installation="i",
        request=asked,
        application=APPLICATION,
        cluster=twins.CLUSTER,
        repository=twins.REPOSITORY,
    )
    attempt = Attempt(ports=twins.ports(), claim=claim, heart=cast("Any", Beating()))
    meta = {"apiVersion": "v1", "kind": "ConfigMap"}
    manifests = [{**meta, "metadata": {"name": n, "namespace": "shop"}} for n in answers]
    ready = plan.prepare(manifests, Origin("i", "default", "shop"), twins.KEY)
    work = plan.plan(ready, (), mode=plan.Mode.FULL)
    attempt.recorded(tuple(twins.entry(n, uid=f"uid-{n}", version="1", mark="m") for n in answers))
    with pytest.raises(SynclineError) as caught:
        applying.apply(attempt, cast("Any", Answering(answers)), work)
    return failing.report(attempt, caught.value)


REFUSED = ApplyRejected("ConfigMap/shop/web", "no such field")


@pytest.mark.parametrize(
    ("answers", "wrote"),
    [
        ({"web": REFUSED}, False),
        ({"db": None, "web": REFUSED}, True),
        ({"web": ClusterUnreachable("west", "timed out")}, True),
        ({"web": ClusterBusy("west", "503")}, True),
    ],
)
def test_only_a_plain_refusal_says_that_nothing_was_written(
    answers: dict[str, SynclineError | None], wrote: bool
) -> None:
    assert failed(answers).wrote is wrote


def test_what_had_no_definite_answer_keeps_no_digest_so_that_the_next_run_applies_it() -> None:
    unsure = failed({"web": ClusterUnreachable("west", "timed out")}).inventory
    refused = failed({"web": REFUSED}).inventory

    assert [entry.digest for entry in unsure or ()] == [""]
    assert [entry.digest for entry in refused or ()] != [""]


def test_a_dry_run_writes_nothing() -> None:
    busy: dict[str, SynclineError | None] = {"web": ClusterBusy("west", "503")}

    assert not failed(busy, options=Options(dry_run=True)).wrote


def test_a_pinned_run_that_stopped_half_way_names_the_next_step() -> None:
    half_way = failed({"db": None, "web": REFUSED}, revision="v9")
    untouched = failed({"web": REFUSED}, revision="v9")

    assert untouched.message == "ConfigMap/shop/web: no such field"
    assert half_way.message == (
        "ConfigMap/shop/web: no such field; "
        "the sync to v9 stopped half-way: sync it to go back to what it follows"
    )
