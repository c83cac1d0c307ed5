"""A look over a whole cluster finds what is ours by its marks, and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from syncline.errors import ClusterBusy, CredentialRefused
from syncline.model.adoption import Found, Survey
from syncline.model.change import InventoryEntry, ObjectRef, ref_of
from syncline_workers.change import instance
from syncline_workers.change.tracking import LABEL, Origin, stamp
from syncline_workers.pipeline import adopting
from syncline_workers.pipeline.ports import Api

SHOP = Origin("inst", "default", "shop")
CONFIGMAP = ObjectRef(group="", version="v1", kind="ConfigMap", name="any")
SECRET = ObjectRef(group="", version="v1", kind="Secret", name="any")
WIDGET = ObjectRef(group="acme.example", version="v1", kind="Widget", name="any")
EVENT = ObjectRef(group="", version="v1", kind="Event", name="any")


@dataclass
class Cluster:
    """Kinds with their objects, or the error that listing them raises."""

    kinds: dict[ObjectRef, list[dict[str, Any]] | Exception]
    away: frozenset[str] = frozenset()
    listed: list[str] = field(default_factory=list)
    closed: bool = False

    def close(self) -> None:
        self.closed = True

    def kept_kinds(self) -> tuple[list[ObjectRef], frozenset[str]]:
        return list(self.kinds), self.away

    def list_metadata(self, ref: ObjectRef, *, labels: str) -> Iterable[dict[str, Any]]:
        assert labels == LABEL
        self.listed.append(ref.kind)
        found = self.kinds[ref]
        if isinstance(found, Exception):
            raise found
        return found


def configmap(name: str, origin: Origin | None = SHOP, *, marked_as: str = "") -> dict[str, Any]:
    meta = {"namespace": "shop", "name": marked_as or name, "uid": f"uid-{name}"}
    bare = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}
    made = stamp(bare, origin) if origin else bare
    return {**made, "metadata": {**made["metadata"], "name": name}}


def survey(cluster: Cluster) -> Survey:
    return adopting.survey(cast("Api", cluster), "inst", width=4)


def test_what_bears_our_marks_is_found_by_its_application() -> None:
    api = Origin("inst", "team", "api")
    found = survey(Cluster({CONFIGMAP: [configmap("a"), configmap("b", api), configmap("c")]}))

    assert found == Survey(
        (
            Found("shop", SHOP.label, tuple(_entry(name) for name in ("a", "c"))),
            Found("team/api", api.label, (_entry("b"),)),
        )
    )


def test_copied_marks_and_other_installations_are_passed_over() -> None:
    copied = configmap("copy", marked_as="a")
    bare = configmap("bare", None)
    foreign = configmap("foreign", Origin("other", "default", "shop"))

    assert survey(Cluster({CONFIGMAP: [copied, bare, foreign]})) == Survey()


def test_waves_and_hooks_are_told_from_the_objects_themselves() -> None:
    late, hook, odd = configmap("late"), configmap("hook"), configmap("odd")
    late["metadata"]["annotations"] |= {"argocd.argoproj.io/sync-wave": "3"}
    odd["metadata"]["annotations"] |= {"argocd.argoproj.io/sync-wave": "by hand"}
    hook["metadata"]["labels"] |= {instance.RUN: "r"}

    [found] = survey(Cluster({CONFIGMAP: [late, hook, odd]})).found

    assert [(entry.wave, entry.hook) for entry in found.objects] == [
        (3, False),
        (0, True),
        (0, False),
    ]


def test_what_may_not_be_listed_is_told() -> None:
    refused = CredentialRefused("cluster west", "may not list secrets")
    found = survey(Cluster({SECRET: refused, CONFIGMAP: [configmap("a")]}, frozenset({"acme.io"})))

    assert found.unseen == ("acme.io/*", "Secret")
    assert [each.application for each in found.found] == ["shop"]


def test_a_custom_kind_that_does_not_answer_holds_nothing_up() -> None:
    busy = ClusterBusy("cluster west", "the conversion webhook does not answer")

    assert survey(Cluster({WIDGET: busy})).unseen == ("acme.example/Widget",)


def test_a_cluster_that_is_busy_is_asked_again_later() -> None:
    with pytest.raises(ClusterBusy):
        survey(Cluster({CONFIGMAP: ClusterBusy("cluster west", "429")}))


def test_the_connections_that_a_survey_took_are_given_back() -> None:
    cluster = Cluster({CONFIGMAP: [], SECRET: []})

    survey(cluster)

    assert cluster.closed


def test_events_are_not_listed() -> None:
    cluster = Cluster({EVENT: [], CONFIGMAP: []})

    survey(cluster)

    assert cluster.listed == ["ConfigMap"]


def _entry(name: str) -> InventoryEntry:
    return InventoryEntry(ref=ref_of(configmap(name)), uid=f"uid-{name}")
