"""The hooks of a deletion, kept since the last sync: sealed, and only where they changed."""

from typing import Any

from syncline.model.names import TargetId
from syncline.model.run import Claim
from syncline.model.seal import PlatformKey
from syncline_workers.change import steps
from syncline_workers.pipeline import rites
from tests.pipeline import twins

SECRET = "hunter2"


def hooks(*phases: str) -> Any:
    manifests = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": phase.lower(), "annotations": {"syncline.dev/hook": phase}},
            "stringData": {"password": SECRET},
        }
        for phase in phases
    ]
    return steps.split(manifests).hooks


def claim(kept: str = "") -> Claim:
    lease: Any = {"target": TargetId("a.c"), "fence": 1, "ticket": "t", "seconds": 30}
    empty: dict[str, Any] = {
        "uid": "a",
        "name": "shop",
        "spec": {"source": {"repository": "shop"}, "destination": {"cluster": "west"}},
    }
    return Claim.model_validate(
        {
            "lease": lease,
            "installation": "i",
            "request": {"trigger": {"kind": "user"}},
            "application": {**empty, "project": "default"},
            "cluster": twins.CLUSTER,
            "repository": None,
            "rites": kept,
        }
    )


def test_those_of_a_deletion_are_kept_without_their_secrets_in_clear() -> None:
    found = hooks("PreSync", "PreDelete", "PostDelete")

    kept = rites.to_keep(claim(), twins.KEY, found)

    assert kept
    assert SECRET not in kept
    read = rites.kept(claim(kept), twins.KEY)
    assert [hook.manifest for hook in read] == [hook.manifest for hook in found[1:]]


def test_nothing_is_told_where_nothing_changed() -> None:
    found = hooks("PreDelete")
    kept = rites.to_keep(claim(), twins.KEY, found)
    assert kept

    assert rites.to_keep(claim(kept), twins.KEY, found) is None
    assert rites.to_keep(claim(), twins.KEY, hooks("PreSync")) is None
    assert rites.to_keep(claim(kept), twins.KEY, ()) == ""


def test_what_another_key_sealed_is_kept_anew() -> None:
    found = hooks("PreDelete")
    kept = rites.to_keep(claim(), PlatformKey(b"o" * 32), found)
    assert kept

    assert rites.to_keep(claim(kept), twins.KEY, found)
