import threading
from itertools import count
from typing import Any

from structlog.testing import capture_logs

from syncline.contract.reports import ClusterReport, SweepReport
from syncline.errors import StoreUnavailable
from syncline.model.names import TargetId, Uid
from syncline.model.status import HealthStatus
from syncline.model.variables import Reading
from syncline_workers.change import owned
from syncline_workers.pipeline import variables
from syncline_workers.pipeline.probe import begin, probe
from syncline_workers.pipeline.sweep import sweep
from tests.harness.poll import until
from tests.pipeline.twins import KEY, Api, Checks, Clusters, Rules, entry, live, ports

C1, T1 = Uid("c1"), TargetId("a1.c1")
MARK = owned.mark(live("web", uid="u1", version="1"))


def swept(checks: Checks, *objects: dict[str, object]) -> SweepReport | None:
    return sweep(ports(checks=checks, clusters=Clusters(Api(list(objects)))), C1)


def recorded(version: str = "1", uid: str = "u1") -> Checks:
    return Checks({T1: (entry("web", uid=uid, version=version, mark=MARK),)})


def test_an_object_as_it_was_applied_has_not_moved() -> None:
    report = swept(recorded(), live("web", uid="u1", version="1"))

    assert report == SweepReport(cluster=C1, reachable=True, swept=1)


def test_a_change_of_fields_that_are_not_ours_is_no_drift() -> None:
    report = swept(recorded(), live("web", uid="u1", version="7"))

    assert report == SweepReport(cluster=C1, reachable=True, swept=1)


def test_an_object_that_changed_otherwise_has_its_health_looked_at_again() -> None:
    service = {**live("web", uid="u1", version="7"), "apiVersion": "v1", "kind": "Service"}
    held = entry("web", uid="u1", version="1", mark=MARK)
    judged = held.model_copy(update={"ref": held.ref.model_copy(update={"kind": "Service"})})

    report = swept(Checks({T1: (judged,)}), service)

    assert report == SweepReport(cluster=C1, reachable=True, stirred={T1: (judged.ref,)}, swept=1)


def test_new_health_rules_have_everything_that_has_a_health_judged_again() -> None:
    held = entry("web", uid="u1", version="1", mark=MARK)
    ref = held.ref.model_copy(update={"name": "by-rule"})
    by_rule = held.model_copy(update={"ref": ref, "health": HealthStatus.DEGRADED})
    checks = Checks({T1: (held, by_rule)})
    api = Api([live(name, uid="u1", version="1") for name in ("web", "by-rule")])
    parts = {"checks": checks, "clusters": Clusters(api)}

    report = sweep(ports(**parts, rules=Rules(version="v2", judged=False)), C1)
    again = sweep(ports(**parts, rules=Rules(version="v2")), C1)

    assert report == SweepReport(
        cluster=C1, reachable=True, stirred={T1: (ref,)}, swept=1, rules="v2"
    )
    assert again == SweepReport(cluster=C1, reachable=True, swept=1)


def test_an_object_that_lost_a_field_of_ours_has_drifted() -> None:
    report = swept(recorded(), live("web", uid="u1", version="7", owned="f:other"))

    assert report == SweepReport(
        cluster=C1, reachable=True, moved={T1: ("ConfigMap/shop/web",)}, swept=1
    )


def test_an_object_that_is_gone_has_drifted() -> None:
    report = swept(recorded())

    assert report is not None
    assert report.moved == {T1: ("ConfigMap/shop/web (gone)",)}


def test_who_wrote_last_to_what_drifted_is_named() -> None:
    drifted = live("web", uid="u1", version="7", owned="f:other")
    fields: Any = drifted["metadata"]["managedFields"]
    fields += [
        {"manager": "kubectl-edit", "operation": "Update", "time": "2026-01-01T00:00:03Z"},
        {"manager": "helm", "operation": "Update", "time": "2026-01-01T00:00:02Z"},
        {"manager": "kubelet", "subresource": "status", "time": "2026-01-01T00:00:04Z"},
    ]

    report = swept(recorded(), drifted)

    assert report is not None
    assert report.moved == {T1: ("ConfigMap/shop/web (by kubectl-edit)",)}


def test_an_object_that_was_made_anew_has_drifted() -> None:
    report = swept(recorded(uid="u0"), live("web", uid="u1", version="1"))

    assert report is not None
    assert report.moved == {T1: ("ConfigMap/shop/web",)}


def test_a_run_between_the_two_readings_is_no_drift() -> None:
    checks = recorded()
    checks.fresh = {T1: (entry("web", uid="u1", version="8", mark="newer"),)}

    report = swept(checks, live("web", uid="u1", version="8", owned="f:other"))

    assert report == SweepReport(cluster=C1, reachable=True, swept=1)


def test_a_cluster_that_is_away_is_reported_and_nothing_has_drifted() -> None:
    away = Clusters(Api(away=True))

    report = sweep(ports(checks=recorded(), clusters=away), C1)

    assert report == SweepReport(
        cluster=C1, reachable=False, error="ClusterUnreachable: cluster west: refused"
    )


def test_a_probe_says_who_answers() -> None:
    report = probe(ports(checks=Checks(), clusters=Clusters(Api())), C1)

    assert report == ClusterReport(cluster=C1, reachable=True, kube_uid="uid-1", version="v1.36.3")


def test_a_probe_of_an_unregistered_cluster_is_no_report() -> None:
    assert probe(ports(checks=Checks()), Uid("other")) is None


def test_clusters_that_hang_keep_neither_the_task_nor_each_other_waiting() -> None:
    hung, checks = threading.Event(), Checks()
    turn = count()

    class Waits(Api):
        def identity(self) -> tuple[str, str]:
            if next(turn) < 2:  # the third is asked all the same
                hung.wait(20)
            return super().identity()

    begin(ports(checks=checks, clusters=Clusters(Waits())), [C1, C1, C1])

    until(lambda: len(checks.folded) == 1, within=10, what="the answer of the third")
    hung.set()
    until(lambda: len(checks.folded) == 3, within=10, what="the answers of all")
    assert all(each.reachable for each in checks.folded)


def test_a_cluster_that_is_gone_is_left_out_of_many() -> None:
    checks = Checks()

    begin(ports(checks=checks, clusters=Clusters(Api())), [Uid("other"), C1])

    until(lambda: bool(checks.folded), within=10, what="an answer")
    assert [each.cluster for each in checks.folded] == [C1]


def test_a_probe_that_cannot_be_folded_says_so() -> None:
    class Away(Checks):
        def fold(self, report: ClusterReport) -> None:
            raise StoreUnavailable("the store", f"is away: {report.cluster} is lost")

    with capture_logs() as lines:
        begin(ports(checks=Away(), clusters=Clusters(Api())), [C1])
        until(lambda: bool(lines), within=10, what="a line")

    assert [(each["event"], each["cluster_id"]) for each in lines] == [("probe_lost", C1)]


def test_an_object_that_variables_are_read_from_is_compared_by_what_was_read() -> None:
    held = live("sizes", uid="u2", version="1") | {"data": {"size": "3", "other": "x"}}
    ref = entry("sizes", uid="u2", version="1", mark=MARK).ref
    same = Reading(ref=ref, keys=("size",), mark=variables.mark(KEY, held, ("size",)))
    was = Reading(ref=ref, keys=("size",), mark=variables.mark(KEY, None, ("size",)))
    others, none = TargetId("a2.c1"), TargetId("a3.c1")
    checks = Checks({T1: (), others: ()}, read_from={T1: (same,), others: (was,), none: (was,)})

    report = swept(checks, held)

    assert report is not None
    why = "ConfigMap/shop/sizes changed, from which variables are read"
    assert report.varied == {others: why}


def test_an_object_that_may_not_be_read_any_more_keeps_no_sweep_from_its_end() -> None:
    ref = entry("sizes", uid="u2", version="1", mark=MARK).ref
    was = Reading(ref=ref, keys=("size",), mark=variables.mark(KEY, None, ("size",)))
    checks = Checks({T1: ()}, read_from={T1: (was,)})
    api = Api([], refused={"sizes"})

    report = sweep(ports(checks=checks, clusters=Clusters(api)), C1)

    assert report == SweepReport(cluster=C1, reachable=True, swept=1)
    assert "get ConfigMap/shop/sizes" in api.asked
