"""What annotations say of hooks and waves: Argo CD's words, Helm's, and our own."""

from typing import Any

import pytest

from syncline.errors import ManifestInvalid
from syncline_workers.change import hooks
from syncline_workers.change.hooks import DeletePolicy, Phase

ARGO, HELM, OWN = "argocd.argoproj.io", "helm.sh", "syncline.dev"


def job(**annotations: str) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "migrate", "namespace": "shop", "annotations": annotations},
    }


def annotated(*pairs: tuple[str, str]) -> dict[str, Any]:
    return job(**dict(pairs))


@pytest.mark.parametrize("family", [ARGO, OWN])
@pytest.mark.parametrize("phase", list(Phase))
def test_each_phase_is_called_as_in_argo_cd(family: str, phase: Phase) -> None:
    found = hooks.hook_of(annotated((f"{family}/hook", phase.value)))

    assert found is not None
    assert found.phases == {phase}


def test_a_hook_may_run_in_several_phases_and_not_where_it_is_skipped() -> None:
    several = hooks.hook_of(annotated((f"{ARGO}/hook", "PreSync, PostSync")))
    skipped = hooks.hook_of(annotated((f"{ARGO}/hook", "PreSync,Skip")))

    assert several is not None
    assert skipped is not None
    assert several.phases == {Phase.PRE_SYNC, Phase.POST_SYNC}
    assert skipped.phases == {Phase.SKIP}


@pytest.mark.parametrize(
    ("written", "phases", "unknown"),
    [
        ("pre-install", {Phase.PRE_SYNC}, ()),
        ("pre-install,pre-upgrade", {Phase.PRE_SYNC}, ()),
        ("post-install,post-upgrade", {Phase.POST_SYNC}, ()),
        ("pre-upgrade,post-upgrade", {Phase.PRE_SYNC, Phase.POST_SYNC}, ()),
        ("pre-delete", {Phase.PRE_DELETE}, ()),
        ("post-delete", {Phase.POST_DELETE}, ()),
        ("test", {Phase.SKIP}, ()),
        ("test-success", {Phase.SKIP}, ()),
        ("post-install,test", {Phase.POST_SYNC}, ()),
        ("pre-rollback", {Phase.SKIP}, ("pre-rollback",)),
        ("pre-upgrade,pre-rollback", {Phase.PRE_SYNC}, ("pre-rollback",)),
    ],
)
def test_helms_hooks_are_mapped(written: str, phases: set[Phase], unknown: tuple[str, ...]) -> None:
    found = hooks.hook_of(annotated((f"{HELM}/hook", written)))

    assert found is not None
    assert (found.phases, found.unknown) == (phases, unknown)


@pytest.mark.parametrize("pairs", [(), ((f"{HELM}/hook", "crd-install"),), ((f"{ARGO}/x", "y"),)])
def test_what_is_no_hook_is_there_for_good(pairs: tuple[tuple[str, str], ...]) -> None:
    assert hooks.hook_of(annotated(*pairs)) is None


def test_ours_win_over_argo_cds_and_those_over_helms() -> None:
    manifest = annotated(
        (f"{HELM}/hook", "post-install"),
        (f"{HELM}/hook-weight", "1"),
        (f"{HELM}/hook-delete-policy", "hook-failed"),
        (f"{ARGO}/hook", "PreSync"),
        (f"{ARGO}/sync-wave", "2"),
        (f"{OWN}/wave", "3"),
    )

    found = hooks.hook_of(manifest)

    assert found is not None
    assert (found.phases, found.wave) == ({Phase.PRE_SYNC}, 3)
    assert found.policies == {DeletePolicy.HOOK_FAILED}


@pytest.mark.parametrize(
    ("name", "written", "policies"),
    [
        (f"{ARGO}/hook-delete-policy", "HookSucceeded", {DeletePolicy.HOOK_SUCCEEDED}),
        (
            f"{HELM}/hook-delete-policy",
            "before-hook-creation,hook-succeeded",
            {DeletePolicy.BEFORE_HOOK_CREATION, DeletePolicy.HOOK_SUCCEEDED},
        ),
        ("other", "x", {DeletePolicy.BEFORE_HOOK_CREATION}),
    ],
)
def test_delete_policies(name: str, written: str, policies: set[DeletePolicy]) -> None:
    found = hooks.hook_of(annotated((f"{ARGO}/hook", "Sync"), (name, written)))

    assert found is not None
    assert found.policies == policies


@pytest.mark.parametrize(
    ("name", "written", "told"),
    [
        (f"{ARGO}/hook", "PreSink", "PreSink is none of PreSync, Sync, PostSync"),
        (f"{ARGO}/hook", "", "nothing is none of PreSync"),
        (f"{ARGO}/sync-wave", "first", "'first' is no whole number"),
        (f"{HELM}/hook-weight", "1.5", "'1.5' is no whole number"),
        (f"{OWN}/hook-delete-policy", "Never", "Never is none of HookSucceeded, HookFailed"),
        (f"{HELM}/hook-delete-policy", "HookFailed", "HookFailed is none of hook-succeeded"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_names_it(name: str, written: str, told: str) -> None:
    manifest = annotated((f"{ARGO}/hook", "Sync"), (name, written))

    with pytest.raises(ManifestInvalid) as caught:
        hooks.hook_of(manifest)

    assert str(caught.value).startswith(f"Job/shop/migrate: annotation {name}: {told}")


def test_whether_any_of_it_is_used_is_known_at_a_glance() -> None:
    plain = [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}, annotated()]

    assert not hooks.is_used(plain)
    assert hooks.is_used([*plain, annotated((f"{HELM}/hook-weight", "0"))])
