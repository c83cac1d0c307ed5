"""From manifests to steps: phase, then wave; an application that says nothing has a single one."""

from typing import Any

import pytest

from syncline.errors import ManifestInvalid
from syncline.model.change import InventoryEntry, ref_of
from syncline_workers.change import instance, order, steps, tracking
from syncline_workers.change.tracking import Origin

ORIGIN = Origin("i", "default", "shop")


def thing(name: str, *, wave: str = "", hook: str = "") -> dict[str, Any]:
    annotations = {"argocd.argoproj.io/sync-wave": wave, "argocd.argoproj.io/hook": hook}
    meta = {"name": name, "annotations": {k: v for k, v in annotations.items() if v}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}


def told(course: tuple[steps.Step, ...]) -> list[tuple[str, list[str], list[str]]]:
    return [
        (
            step.name,
            [m["metadata"]["name"] for m in step.objects],
            [hook.manifest["metadata"]["name"] for hook in step.hooks],
        )
        for step in course
    ]


def test_phases_come_in_order_and_waves_within_them() -> None:
    parts = steps.split(
        [
            thing("b", wave="2"),
            thing("after", hook="PostSync"),
            thing("a"),
            thing("first", wave="-1", hook="PreSync"),
            thing("before", hook="PreSync,PostSync"),
            thing("with", wave="2", hook="Sync"),
            thing("bye", hook="PreDelete"),
            thing("oops", hook="SyncFail"),
            thing("never", hook="Skip"),
        ]
    )

    assert told(steps.plan(parts.objects, parts.hooks)) == [
        ("PreSync/-1", [], ["first"]),
        ("PreSync/0", [], ["before"]),
        ("Sync/0", ["a"], []),
        ("Sync/2", ["b"], ["with"]),
        ("Prune", ["b"], []),
        ("PostSync/0", [], ["after", "before"]),
        ("Finish", [], []),
    ]
    assert told(steps.after_failure(parts.hooks)) == [
        ("SyncFail/0", [], ["oops"]),
        ("Finish", [], []),
    ]
    assert told(steps.farewell(parts.hooks)) == [
        ("PreDelete/0", [], ["bye"]),
        ("Prune", [], []),
        ("Finish", [], []),
    ]


def test_what_says_nothing_is_not_looked_at_further() -> None:
    manifests = [thing("a"), thing("b")]

    parts = steps.split(manifests)

    assert (parts.objects, parts.hooks, parts.is_stepped) == (tuple(manifests), (), False)


def test_a_wave_that_cannot_be_read_is_an_error_of_a_plain_object_too() -> None:
    with pytest.raises(ManifestInvalid, match="sync-wave: 'x' is no whole number"):
        steps.split([thing("a", wave="x")])


def test_helms_hooks_that_nothing_runs_are_told_of() -> None:
    manifest = thing("old")
    manifest["metadata"]["annotations"] = {"helm.sh/hook": "pre-rollback"}

    parts = steps.split([manifest])

    assert parts.notes == ("ConfigMap/old: nothing runs helm.sh/hook pre-rollback here",)
    assert told(steps.plan(parts.objects, parts.hooks)) == [("Prune", [], []), ("Finish", [], [])]


def test_a_hooks_object_bears_its_run_and_our_marks() -> None:
    [hook] = steps.split([thing("a", hook="PreSync")]).hooks

    made = instance.made(hook, phase="PreSync", run="0123456789abcdef", origin=ORIGIN)

    assert made["metadata"]["name"] == "a"
    assert tracking.is_ours(made, ORIGIN)
    assert instance.is_of(made, "0123456789abcdef", "PreSync")
    assert not instance.is_of(made, "0123456789abcdef", "PostSync")
    assert not instance.is_of(made, "fedcba9876543210")
    assert instance.RUN not in (hook.manifest["metadata"].get("labels") or {})


@pytest.mark.parametrize("prefix", ["tell-", "t" * 70])
def test_a_generated_name_is_the_same_for_each_attempt_and_fits(prefix: str) -> None:
    manifest = thing("", hook="PreSync,PostSync")
    manifest["metadata"] = {**manifest["metadata"], "generateName": prefix}
    del manifest["metadata"]["name"]
    [hook] = steps.split([manifest]).hooks

    names = [
        instance.made(hook, phase=phase, run=run, origin=ORIGIN)["metadata"]["name"]
        for run in ("0123456789abcdef", "fedcba9876543210")
        for phase in ("PreSync", "PreSync", "PostSync")
    ]

    assert names[0] == names[1]
    assert len(set(names)) == 4
    assert all(len(name) <= 63 and name.startswith(prefix[:40]) for name in names)


def test_what_is_pruned_goes_last_wave_first() -> None:
    entries = tuple(
        InventoryEntry(ref=ref_of(thing(f"w{wave}")), wave=wave) for wave in (0, 3, -2, 3)
    )

    waves = [[entry.wave for entry in wave] for wave in order.prune_waves(entries)]

    assert waves == [[3, 3], [0], [-2]]
