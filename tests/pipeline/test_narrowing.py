"""A sync of some objects alone on a real kube-apiserver, or of what is out of sync alone."""

import pytest

from syncline.model.change import ObjectRef
from syncline.model.part import Part
from syncline.model.values import Manifest
from tests.pipeline.real import Target, ready

WEB = ObjectRef(group="apps", version="v1", kind="Deployment", namespace="shop", name="web")


@pytest.mark.parametrize(
    ("part", "is_in"),
    [
        (Part(kinds=("Deployment",)), True),
        (Part(kinds=("Service", "apps/Deployment")), True),
        (Part(kinds=("other/Deployment",)), False),
        (Part(names=("w*",)), True),
        (Part(names=("shop/*",)), True),
        (Part(names=("other/web",)), False),
        (Part(labels="app=web"), True),
        (Part(labels="app!=web"), False),
        (Part(kinds=("Deployment",), names=("api",)), False),
    ],
)
def test_a_part_selects_by_kind_name_and_label(part: Part, is_in: bool) -> None:
    assert part.selects(WEB, {"app": "web"}) is is_in


@pytest.mark.cluster
def test_only_what_is_asked_for_is_applied_and_nothing_is_pruned(target: Target) -> None:
    target.run(target.config("a", v="1"), target.config("b", v="1"), target.config("gone", v="1"))

    report = target.run(
        target.config("a", v="2"),
        target.config("b", v="2"),
        by="operation",
        only=Part(names=("a",)),
    )

    assert ready(report).changed == [("a", "configured")]
    assert target.live("b")["data"] == {"v": "1"}
    assert target.is_there("gone")


@pytest.mark.cluster
def test_what_was_left_out_follows_with_the_next_whole_run(target: Target) -> None:
    target.run(target.config("a", v="1"), target.config("b", v="1"), target.config("gone", v="1"))
    now = (target.config("a", v="2"), target.config("b", v="2"))
    target.run(*now, by="operation", only=Part(names=("a",)))

    report = target.run(*now)

    assert sorted(ready(report).changed) == [("b", "configured"), ("gone", "deleted")]


@pytest.mark.cluster
def test_only_what_is_out_of_sync_is_applied(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifests = [target.config(f"c-{number}", v="1") for number in range(5)]
    target.run(*manifests)
    target.other_patches({"data": {"v": "2"}}, manager="person", name="c-1")
    target.server.call("DELETE", target.path("c-2"))
    manifests[3] = target.config("c-3", v="3")

    sent: list[str] = []
    apply = target.api.apply

    def noted(manifest: Manifest, **how: bool) -> Manifest:
        sent.append(manifest["metadata"]["name"])
        return apply(manifest, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(target.api, "apply", noted)

    target.run(*manifests, by="user", changed_only=True)

    assert sorted(sent) == ["c-1", "c-2", "c-3"]
    assert [target.live(f"c-{number}")["data"]["v"] for number in range(5)] == list("11131")


@pytest.mark.cluster
def test_where_all_is_in_sync_nothing_is_written(target: Target) -> None:
    target.run(target.config("a", v="1"))
    target.run(target.config("a", v="1"), by="user")

    assert target.requests(target.config("a", v="1"), by="user", changed_only=True) == 1
