"""Checks of applications: when they are looked at, what is asked, and what is told of the target.

What is asked are real servers on loopback: a web server, and one that answers as Prometheus does.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from syncline.contract.reports import HealthReport, TargetHealth
from syncline.model.application import ApplicationSpec
from syncline.model.change import InventoryEntry
from syncline.model.check import Check
from syncline.model.names import TargetId, Uid
from syncline.model.status import HealthStatus
from syncline.settings import CheckSettings
from syncline_workers.pipeline.checks import background
from syncline_workers.pipeline.checks import look as looking
from syncline_workers.pipeline.checkup import checkup
from syncline_workers.web.fetch import Web
from tests.harness import poll
from tests.harness.prometheus import Prometheus
from tests.harness.webserver import Reply, WebServer, serving
from tests.pipeline.test_checkup import deployment, entry
from tests.pipeline.twins import Api, Checks, Clusters, ports

C1 = Uid("c1")
TARGET = TargetId("a1.c1")
LOOPBACK = CheckSettings(networks=("127.0.0.0/8",))
WEB = entry("web", HealthStatus.HEALTHY)


@pytest.fixture
def server() -> Iterator[WebServer]:
    with serving() as found:
        yield found


@pytest.fixture
def prometheus(server: WebServer) -> Prometheus:
    found = Prometheus()
    found.serve(server)
    return found


def declared(*written: dict[str, Any]) -> tuple[Check, ...]:
    named = [{"name": f"c{number}", **each} for number, each in enumerate(written)]
    spec = {"source": {"repository": "shop"}, "destination": {"cluster": "west"}, "checks": named}
    return ApplicationSpec.model_validate(spec).checks


def now() -> int:
    """The fence of a run of this moment."""
    return int(time.time() * 1e6)


def look(
    *written: dict[str, Any],
    held: tuple[InventoryEntry, ...] = (WEB,),
    api: Api | None = None,
    fence: int | None = None,
    settings: CheckSettings = LOOPBACK,
) -> TargetHealth:
    """What is told of a target, by whoever looks at its checks; its run was just now."""
    checks = Checks({TARGET: held}, declared=declared(*written), fence=fence or now())
    clusters = Clusters(api or Api([deployment("web", 2)]))
    report = checkup(ports(checks=checks, clusters=clusters, web=Web(settings)), C1)
    assert report == HealthReport(cluster=C1)
    return poll.until(lambda: checks.told, within=60, what="checks are looked at")[0]


def http(url: str, **more: Any) -> dict[str, Any]:
    return {"http": {"url": url, "timeout": "10s", **more}}


def cel(expression: str, **objects: dict[str, Any]) -> dict[str, Any]:
    given = objects or {"web": {"kind": "Deployment", "name": "web"}}
    return {"cel": {"objects": given, "expression": expression}}


def query(server: WebServer, text: str = "errors", **bounds: Any) -> dict[str, Any]:
    asked = {"server": server.url, "query": text, "timeout": "10s"}
    return {"prometheus": {**asked, **(bounds or {"atMost": 0.01})}}


def test_what_holds_is_healthy_and_is_looked_at_again(server: WebServer) -> None:
    found = look(http(f"{server.url}/live"), {**cel("objects.web.spec.replicas == 2")})

    assert (found.health, found.reason, found.message) == (HealthStatus.HEALTHY, "", "")
    assert found.check_after == 60.0


def test_all_are_looked_at_as_often_as_the_shortest_interval_says(server: WebServer) -> None:
    often = {**http(server.url), "interval": "10s"}

    assert look(http(server.url), often).check_after == 10.0


def test_what_does_not_hold_yet_is_progressing_and_looked_at_soon(server: WebServer) -> None:
    server.always(503)

    soon = now() + 600_000_000  # however slow this machine is

    found = look(http(server.url), http(server.url, status=[503]), fence=soon)

    assert (found.health, found.reason) == (HealthStatus.PROGRESSING, "CheckFailed")
    assert found.message == f"check c0: GET {server.url}/ answered 503"
    assert found.check_after == 2.0


def test_what_does_not_hold_in_time_is_degraded(server: WebServer) -> None:
    server.always(503)

    found = look({**http(server.url), "within": "5m"}, fence=now() - 301_000_000)

    assert (found.health, found.reason) == (HealthStatus.DEGRADED, "CheckFailed")
    assert found.check_after == 60.0


def test_the_worst_check_counts_and_all_that_are_as_bad_are_named(server: WebServer) -> None:
    server.always(404)
    late = {**http(f"{server.url}/late"), "within": "0s"}

    found = look(http(server.url), late, cel("true"), {**cel("false"), "within": "0s"})

    assert found.health is HealthStatus.DEGRADED
    assert found.message == (
        f"check c1: GET {server.url}/late answered 404; check c3: 'false' does not hold"
    )


def test_objects_that_are_not_well_come_first() -> None:
    """What is asked meanwhile would be answered by what was there before."""
    waiting = entry("web", HealthStatus.PROGRESSING)
    checks = Checks({TARGET: (waiting,)}, declared=declared(cel("true")))

    report = checkup(ports(checks=checks, clusters=Clusters(Api([deployment("web", 1)]))), C1)

    assert report is not None
    assert [told.health for told in report.targets] == [HealthStatus.PROGRESSING]
    assert report.targets[0].message.startswith("Deployment/shop/web: ")


def test_what_was_seen_of_objects_is_told_with_the_checks() -> None:
    waiting = entry("web", HealthStatus.PROGRESSING)

    found = look(cel("objects.web.spec.replicas > 5"), held=(waiting,))

    assert [each.health for each in found.entries] == [HealthStatus.HEALTHY]
    assert found.health is HealthStatus.PROGRESSING
    assert found.message == "check c0: 'objects.web.spec.replicas > 5' does not hold"


def test_whoever_is_silent_keeps_neither_the_task_nor_other_targets(server: WebServer) -> None:
    answering = threading.Event()

    def reply(path: str) -> Reply:
        if path == "/silent":
            answering.wait(60)
        return Reply()

    server.reply = reply
    other = TargetId("a2.c1")
    checks = Checks(
        {TARGET: (WEB,)}, declared=declared(http(f"{server.url}/silent", timeout="10s"))
    )
    begun = ports(checks=checks, clusters=Clusters(Api()), web=Web(LOOPBACK))

    for _ in range(3):
        assert checkup(begun, C1) == HealthReport(cluster=C1)
    checks.recorded, checks.declared = {other: (WEB,)}, declared(http(server.url))
    checkup(begun, C1)

    told = poll.until(lambda: checks.told, within=60, what="the other target is told of")
    assert [each.target for each in told] == [other]
    answering.set()
    poll.until(lambda: len(checks.told) > 1, within=60, what="the first answers")
    poll.until(lambda: not background._begun, within=60, what="all have ended")
    silent = [path for _, path, _ in server.asked if path == "/silent"]
    assert len(silent) == len(checks.told) - 1 == 1


def test_checks_of_a_target_share_a_time(
    server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "TOGETHER", -1.0)

    found = look(http(server.url))

    assert (found.health, found.reason) == (HealthStatus.UNKNOWN, "CheckUnanswered")
    assert "those before it took too long" in found.message
    assert server.asked == []


def test_a_cluster_that_goes_away_meanwhile_is_told_by_the_next_look() -> None:
    api = Api([deployment("web", 2)])
    checks = Checks({TARGET: (WEB,)}, declared=declared(cel("true")))
    begun = ports(checks=checks, clusters=Clusters(api))
    api.identity()
    checkup(begun, C1)
    poll.until(lambda: checks.told, within=60, what="it is told of")
    checks.told.clear()

    api.away = True
    checkup(begun, C1)

    poll.until(lambda: not background._begun, within=60, what="the look has ended")
    assert checks.told == []


# HTTP


@pytest.mark.parametrize(
    ("status", "body", "more", "told"),
    [
        (204, b"", {}, ""),
        (302, b"", {}, "answered 302"),
        (302, b"", {"status": [302]}, ""),
        (200, b"", {"status": [302, 401]}, "answered 200, not 302 or 401"),
        (200, b"all is up", {"contains": "up"}, ""),
        (200, b"all is down", {"contains": "up"}, "answered without 'up'"),
        (200, b"", {"method": "HEAD"}, ""),
    ],
)
def test_an_answer_is_good_or_not(
    server: WebServer, status: int, body: bytes, more: dict[str, Any], told: str
) -> None:
    server.always(status, body)

    found = look(http(f"{server.url}/live?key=hidden", **more))

    shown = f"check c0: GET {server.url}/live {told}" if told else ""
    assert (found.health is HealthStatus.HEALTHY, found.message) == (not told, shown)


def test_whoever_does_not_answer_fails(server: WebServer) -> None:
    found = look(http(server.url.replace("http:", "https:")))

    assert found.health is HealthStatus.PROGRESSING
    assert "its TLS is not to be trusted" in found.message


def test_what_the_settings_forbid_is_unknown_and_asked_of_nobody(server: WebServer) -> None:
    found = look(http(server.url), settings=CheckSettings())

    assert (found.health, found.reason) == (HealthStatus.UNKNOWN, "CheckForbidden")
    assert "SYNCLINE_CHECK_NETWORKS" in found.message
    assert server.asked == []


def test_a_url_is_filled_in_for_the_cluster(server: WebServer) -> None:
    look(http(f"{server.url}/{{{{ cluster.name }}}}"))

    assert [path for _, path, _ in server.asked] == ["/west"]


def test_a_label_that_the_cluster_lacks_is_told(server: WebServer) -> None:
    found = look(http(f"{server.url}/{{{{ cluster.labels.region }}}}"))

    assert (found.health, found.reason) == (HealthStatus.UNKNOWN, "InvalidDocument")
    assert "has no label 'region'" in found.message


# Expressions


def test_an_expression_reads_live_objects_of_the_application_alone() -> None:
    config = entry("settings", group="", kind="ConfigMap")
    live = {"kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop"}}
    api = Api([deployment("web", 2), {**live, "apiVersion": "v1", "data": {"least": "2"}}])
    both = cel(
        "objects.web.status.readyReplicas >= int(objects.settings.data.least)",
        web={"kind": "Deployment", "name": "web"},
        settings={"group": "", "kind": "ConfigMap", "namespace": "shop", "name": "settings"},
    )

    assert look(both, held=(WEB, config), api=api).health is HealthStatus.HEALTHY

    api.asked.clear()
    found = look(both, api=api)
    assert found.message == (
        "check c0: ConfigMap/shop/settings is none of the application's objects"
    )
    assert "get ConfigMap/shop/settings" not in api.asked


@pytest.mark.parametrize(
    "text", ["objects.web.status.nothing > 1", "objects.web.spec.replicas > 9"]
)
def test_what_is_absent_or_false_does_not_hold(text: str) -> None:
    found = look(cel(text))

    assert (found.health, found.reason) == (HealthStatus.PROGRESSING, "CheckFailed")
    assert found.message == f"check c0: {text!r} does not hold"


def test_an_object_that_is_gone_is_left_out() -> None:
    assert look(cel("!has(objects.web)"), api=Api()).health is HealthStatus.HEALTHY


def test_an_expression_without_a_value_is_unknown() -> None:
    found = look(cel("1 / (objects.web.spec.replicas - 2) > 0"))

    assert (found.health, found.reason) == (HealthStatus.UNKNOWN, "CheckInvalid")
    assert "divide by zero" in found.message


def test_nothing_of_a_secret_is_told() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "data": {"a": "hidden"}}
    live = {**secret, "metadata": {"name": "web", "namespace": "shop"}}
    held = (entry("web", group="", kind="Secret"),)

    found = look(
        cel("int(objects.a.data.a) > 0", a={"kind": "Secret", "name": "web"}),
        held=held,
        api=Api([live]),
    )

    assert found.message == "check c0: 'int(objects.a.data.a) > 0': has no value here"


def test_two_objects_of_one_name_are_told_apart_by_their_group() -> None:
    other = entry("web", group="example.com")

    found = look(cel("true"), held=(WEB, other))

    assert (found.health, found.reason) == (HealthStatus.UNKNOWN, "CheckInvalid")
    assert "give group and namespace" in found.message


def test_an_object_that_may_not_be_read_is_unknown() -> None:
    found = look(cel("true"), api=Api([deployment("web", 2)], refused={"web"}))

    assert (found.health, found.reason) == (HealthStatus.UNKNOWN, "CredentialRefused")


# Prometheus


def test_a_query_holds_while_its_values_are_within_bounds(
    server: WebServer, prometheus: Prometheus
) -> None:
    prometheus.has('errors{cluster="west"}', 0.001, 0.002)

    found = look(query(server, 'errors{cluster="{{ cluster.name }}"}', atMost=0.01, window="5m"))

    assert found.health is HealthStatus.HEALTHY
    (asked,) = prometheus.asked
    assert int(asked["end"]) - int(asked["start"]) == 300
    assert asked["step"] == "15"


def test_one_bad_value_of_the_window_is_enough(server: WebServer, prometheus: Prometheus) -> None:
    """Values that were bad a while ago count until the window has passed them."""
    bad = time.time() - 60
    prometheus.has("errors", lambda at: 0.07 if bad - 30 < at < bad else 0.0, job="web")

    broken = look(query(server, atMost=0.01, window="5m"))
    later = look(query(server, atMost=0.01, window="30s"))

    assert broken.health is HealthStatus.PROGRESSING
    assert broken.message.startswith("check c0: is 0.07 of {job=web} at ")
    assert broken.message.endswith("Z, must be ≤ 0.01 over 5m")
    assert later.health is HealthStatus.HEALTHY


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([], "check c0: has no value"),
        ([float("nan")], "check c0: is NaN at "),
        ([0.0, 0.5], "check c0: is 0.5 of {instance=1} at "),
        ([float("inf")], "check c0: is inf at "),
    ],
)
def test_without_a_window_the_values_of_now_count(
    server: WebServer, prometheus: Prometheus, values: list[float], told: str
) -> None:
    prometheus.has("errors", *values)

    found = look(query(server))

    assert found.health is HealthStatus.PROGRESSING
    assert found.message.startswith(told)


def test_what_has_been_there_for_less_than_the_window_does_not_hold_yet(
    server: WebServer, prometheus: Prometheus
) -> None:
    since = time.time() - 60
    prometheus.has("errors", lambda at: 0.0 if at > since else None)

    found = look(query(server, atMost=0.01, window="5m"))

    assert found.health is HealthStatus.PROGRESSING
    assert "has no value at" in found.message


def test_a_query_that_is_wrong_is_told_in_prometheus_own_words(
    server: WebServer, prometheus: Prometheus
) -> None:
    found = look(query(server, "sum("))

    assert (found.health, found.reason) == (HealthStatus.UNKNOWN, "CheckUnanswered")
    assert found.message.startswith(f"check c0: {server.url}/api/v1/query_range answered 400, ")
    assert "unclosed left parenthesis" in found.message


def test_a_server_that_is_none_or_away_tells_nothing(server: WebServer) -> None:
    server.always(200, b"hello")

    none = look(query(server))
    below = look({"prometheus": {"server": f"{server.url}/prefix/", "query": "q", "below": 1}})
    away = look({"prometheus": {"server": "http://127.0.0.1:1", "query": "q", "below": 1}})

    assert {none.health, below.health, away.health} == {HealthStatus.UNKNOWN}
    assert "answered 200, and not as Prometheus does" in none.message
    assert server.asked[-1][1].startswith("/prefix/api/v1/query_range?query=q&start=")
    assert "http://127.0.0.1:1/api/v1/query_range: did not answer" in away.message


def test_an_answer_that_is_too_large_tells_nothing(server: WebServer) -> None:
    server.always(200, b" " * 1_000_001)

    assert "more than 1000000 bytes: aggregate" in look(query(server)).message
