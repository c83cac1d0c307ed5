"""Looks at health after the run: what is asked for, and what is told of it."""

from typing import Any

import pytest

from syncline.contract.reports import HealthReport, TargetHealth
from syncline.health import custom
from syncline.model.change import InventoryEntry, ObjectRef
from syncline.model.healthrule import HealthRule
from syncline.model.names import TargetId, Uid
from syncline.model.status import HealthStatus
from syncline_workers.pipeline.checkup import checkup
from tests.pipeline.twins import FENCE, Api, Checks, Clusters, Rules, ports

C1 = Uid("c1")
TOO_FEW = custom.compile_all(
    [
        HealthRule.model_validate(
            {
                "apiVersion": "syncline.dev/v1alpha1",
                "kind": "HealthRule",
                "metadata": {"name": "deployments"},
                "spec": {
                    "group": "apps",
                    "kinds": ["Deployment"],
                    "cases": [
                        {
                            "when": "spec.replicas < 3",
                            "status": "Degraded",
                            "message": "${spec.replicas} replicas are too few",
                        }
                    ],
                },
            }
        )
    ]
)


def target(number: int = 0) -> TargetId:
    return TargetId(f"a{number}.c1")


def deployment(name: str, ready: int, *, namespace: str = "shop") -> dict[str, Any]:
    """One of two wanted replicas, or both; at version 7."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name, "namespace": namespace, "generation": 1, "resourceVersion": "7"
        },
        "spec": {"replicas": 2},
        "status": {
            "observedGeneration": 1,
            "replicas": 2,
            "updatedReplicas": 2,
            "readyReplicas": ready,
            "availableReplicas": ready,
        },
    }  # fmt: skip


def entry(name: str, health: HealthStatus | None = None, **where: str) -> InventoryEntry:
    names = {"group": "apps", "kind": "Deployment", "namespace": "shop", **where}
    return InventoryEntry(
        ref=ObjectRef(version="v1", name=name, **names),
        uid="u",
        resource_version="1",
        health=health,
    )


def looked(checks: Checks, api: Api) -> HealthReport | None:
    return checkup(ports(checks=checks, clusters=Clusters(api)), C1)


def seen(before: InventoryEntry, health: HealthStatus, version: str = "7") -> InventoryEntry:
    return before.model_copy(update={"health": health, "resource_version": version})


def test_what_became_ready_is_healthy_and_not_looked_at_again() -> None:
    web = entry("web", HealthStatus.PROGRESSING)

    report = looked(Checks({target(): (web,)}), Api([deployment("web", 2)]))

    told = TargetHealth(
        target=target(),
        fence=FENCE,
        health=HealthStatus.HEALTHY,
        entries=(seen(web, HealthStatus.HEALTHY),),
    )
    assert report == HealthReport(cluster=C1, targets=(told,))


def test_what_becomes_of_a_hook_is_not_the_applications_health() -> None:
    hook = entry("hook", HealthStatus.DEGRADED).model_copy(update={"hook": True})
    api = Api([deployment("hook", 0), deployment("web", 2)])

    report = looked(Checks({target(): (hook, entry("web"))}), api)

    assert report is not None
    assert report.targets[0].health is HealthStatus.HEALTHY
    assert api.asked == ["get Deployment/shop/web"]


def test_a_rule_that_people_declared_decides_first() -> None:
    web = entry("web", HealthStatus.PROGRESSING)
    api = Api([deployment("web", 2)])
    checks = Checks({target(): (web,)})

    report = checkup(ports(checks=checks, clusters=Clusters(api), rules=Rules(TOO_FEW)), C1)

    assert report is not None
    (told,) = report.targets
    assert (told.health, told.message) == (
        HealthStatus.DEGRADED,
        "Deployment/shop/web: 2 replicas are too few",
    )


def test_what_is_on_its_way_is_named_and_looked_at_again() -> None:
    report = looked(Checks({target(): (entry("web"),)}), Api([deployment("web", 1)]))

    assert report is not None
    (told,) = report.targets
    assert (told.health, told.check_after) == (HealthStatus.PROGRESSING, 120.0)
    assert told.message.startswith("Deployment/shop/web: ")


def test_what_was_healthy_and_what_has_no_health_is_not_asked_for() -> None:
    api = Api([deployment("web", 1)])
    config = entry("web", group="", kind="ConfigMap")
    held = (entry("web"), entry("api", HealthStatus.HEALTHY), config)

    report = looked(Checks({target(): held}), api)

    assert api.asked == ["get Deployment/shop/web"]
    assert report is not None
    assert report.targets[0].health is HealthStatus.PROGRESSING


@pytest.mark.parametrize(
    ("wanted", "others", "asked"),
    [(3, 0, "get"), (4, 0, "list"), (4, 36, "list"), (4, 37, "get")],
    ids=["few", "many", "a tenth of the targets", "less than a tenth"],
)
def test_many_of_a_kind_are_listed_once(wanted: int, others: int, asked: str) -> None:
    names = [f"web-{number}" for number in range(wanted)]
    api = Api([deployment(name, 2) for name in names])
    held = {target(number): (entry(name),) for number, name in enumerate(names)}

    report = looked(Checks(held, others=others), api)

    assert (
        api.asked
        == {
            "list": ["list Deployment shop"],
            "get": [f"get Deployment/shop/{name}" for name in names],
        }[asked]
    )
    assert report is not None
    assert [told.health for told in report.targets] == [HealthStatus.HEALTHY] * wanted


def test_objects_of_several_namespaces_are_listed_in_all() -> None:
    api = Api([deployment("web", 2, namespace=f"n{number}") for number in range(4)])
    held = {target(n): (entry("web", namespace=f"n{n}"),) for n in range(4)}

    looked(Checks(held), api)

    assert api.asked == ["list Deployment"]


def test_what_a_list_lacks_is_asked_for_by_itself() -> None:
    names = ["a", "b", "c", "gone"]
    api = Api([deployment(name, 2) for name in names[:3]])

    report = looked(Checks({target(): tuple(entry(name) for name in names)}), api)

    assert api.asked == ["list Deployment shop", "get Deployment/shop/gone"]
    assert report is not None
    assert report.targets[0].health is HealthStatus.MISSING


def test_an_object_that_may_not_be_read_hides_no_other_target() -> None:
    names = ["a", "b", "c", "secret"]
    api = Api([deployment(name, 2) for name in names], refused={"secret"})
    held = {target(number): (entry(name),) for number, name in enumerate(names)}

    report = looked(Checks(held), api)

    assert report is not None
    *fine, refused = report.targets
    assert [told.health for told in fine] == [HealthStatus.HEALTHY] * 3
    assert (refused.health, refused.reason) == (HealthStatus.UNKNOWN, "CredentialRefused")
    assert "may not get secret" in refused.message


def test_a_cluster_that_is_away_is_told_once_for_all() -> None:
    held = {target(number): (entry(f"web-{number}"),) for number in range(5)}

    report = looked(Checks(held), Api(away=True))

    assert report == HealthReport(
        cluster=C1, reachable=False, error="ClusterUnreachable: cluster west: refused"
    )


def test_where_nothing_waits_nothing_is_asked() -> None:
    api = Api()

    assert looked(Checks(), api) is None
    assert checkup(ports(checks=Checks()), Uid("other")) is None
    assert api.asked == []
