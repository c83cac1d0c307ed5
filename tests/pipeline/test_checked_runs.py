"""Runs of an application with checks, and looks at them, on a real kube-apiserver."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest

from syncline.contract.reports import HealthReport, TargetHealth
from syncline.model.application import ApplicationSpec
from syncline.model.run import Report
from syncline.model.status import HealthStatus
from syncline_workers.pipeline.checkup import checkup
from tests.harness import poll
from tests.pipeline.real import TARGET, Target
from tests.pipeline.test_checks import C1
from tests.pipeline.twins import Checks, Clusters, ports

pytestmark = pytest.mark.cluster

READY: dict[str, Any] = {
    "name": "ready",
    "cel": {
        "objects": {"web": {"kind": "ConfigMap", "name": "web"}},
        "expression": "objects.web.data.state == 'ready'",
    },
}


@pytest.fixture
def target(target: Target) -> Target:
    target.checks = [READY]
    target.at = time.time()
    return target


def told(report: Report) -> tuple[HealthStatus, str, bool]:
    return report.health, report.reason, report.check_after is not None


def look(target: Target) -> TargetHealth:
    """What the next look makes of what the last run left."""
    spec = {"source": {"repository": "shop"}, "destination": {"cluster": "west"}}
    declared = ApplicationSpec.model_validate({**spec, "checks": target.checks}).checks
    fence = int(target.at * 1e6)
    checks = Checks({TARGET: target.inventory}, declared=declared, fence=fence)
    report = checkup(ports(checks=checks, clusters=Clusters(cast("Any", target.api))), C1)
    assert report == HealthReport(cluster=C1)
    return poll.until(lambda: checks.told, within=60, what="checks are looked at")[0]


def test_a_run_leaves_checks_to_a_look_soon_after(target: Target) -> None:
    report = target.run(target.config(state="ready"))

    assert told(report) == (HealthStatus.PROGRESSING, "ChecksPending", True)
    assert report.message == "checks are still to be looked at: ready"
    assert look(target).health is HealthStatus.HEALTHY


def test_a_look_reads_what_is_live(target: Target) -> None:
    target.run(target.config())
    before = look(target)
    target.other_patches({"data": {"state": "ready"}}, manager="operator")

    assert before.health is HealthStatus.PROGRESSING
    assert before.message == "check ready: \"objects.web.data.state == 'ready'\" does not hold"
    assert look(target).health is HealthStatus.HEALTHY


def test_a_run_that_changes_nothing_leaves_a_healthy_target_as_it_was(target: Target) -> None:
    target.run(target.config(state="ready"))
    target.health = HealthStatus.HEALTHY

    assert told(target.run(target.config(state="ready"))) == (
        HealthStatus.HEALTHY,
        "Succeeded",
        True,
    )
    assert told(target.run(target.config(state="other")))[0] is HealthStatus.PROGRESSING


def test_a_run_that_fails_has_checks_looked_at_all_the_same(target: Target) -> None:
    target.run(target.config(state="ready"))
    target.health, target.revision = HealthStatus.HEALTHY, "c" * 40

    report = target.run({**target.config(), "data": {"a": ["no text"]}})

    assert (report.reason, report.check_after) == ("ApplyRejected", 60.0)


def test_without_checks_a_run_is_as_it_was(target: Target) -> None:
    target.checks = []

    report = target.run(target.config())

    assert told(report) == (HealthStatus.HEALTHY, "Succeeded", False)
