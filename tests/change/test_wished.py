"""What annotations mean: ours, and those of Argo CD, Flux and Helm."""

from typing import Any

import pytest

from syncline.errors import ManifestInvalid
from syncline.model.ownership import Conflicts
from syncline_workers.change import wished
from syncline_workers.change.wishes import NONE, Applies, Going, Wishes

ARGO = "argocd.argoproj.io/sync-options"
FLUX = "kustomize.toolkit.fluxcd.io/"


def manifest(annotations: dict[str, str], labels: dict[str, str] | None = None) -> dict[str, Any]:
    meta = {"name": "web", "namespace": "shop", "annotations": annotations, "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}


STAYS = Wishes(prune=Going.NO, delete=Going.NO)


@pytest.mark.parametrize(
    ("annotations", "wishes"),
    [
        ({"syncline.dev/apply": "never"}, Wishes(applies=Applies.NEVER)),
        ({"syncline.dev/apply": "if-absent"}, Wishes(applies=Applies.IF_ABSENT)),
        ({"syncline.dev/conflicts": "yield"}, Wishes(conflicts=Conflicts.YIELD)),
        ({"syncline.dev/recreate": "true"}, Wishes(recreate=True)),
        ({"syncline.dev/recreate": "false"}, Wishes(recreate=False)),
        ({"syncline.dev/prune": "confirm"}, Wishes(prune=Going.CONFIRM)),
        ({"syncline.dev/delete": "false"}, Wishes(delete=Going.NO)),
        ({ARGO: "Prune=false"}, Wishes(prune=Going.NO)),
        ({ARGO: "Prune=confirm,Delete=confirm"}, Wishes(prune=Going.CONFIRM, delete=Going.CONFIRM)),
        ({ARGO: "Prune=confirm, Prune=false"}, Wishes(prune=Going.NO)),
        ({ARGO: "Delete=false"}, Wishes(delete=Going.NO)),
        ({ARGO: "Replace=true,Force=true"}, Wishes(recreate=True)),
        ({ARGO: "Replace=true"}, Wishes()),
        ({ARGO: "ServerSideApply=true,Validate=false,PruneLast=true"}, Wishes()),
        ({ARGO: "SkipDryRunOnMissingResource=true"}, Wishes(may_come_later=True)),
        ({ARGO: "ClientSideApplyMigration=false"}, Wishes(shares=True)),
        ({"helm.sh/resource-policy": "keep"}, STAYS),
        ({FLUX + "prune": "disabled"}, STAYS),
        ({FLUX + "prune": "Disabled"}, STAYS),
        ({FLUX + "ssa": "Merge"}, Wishes(shares=True)),
        ({FLUX + "ssa": "Override"}, Wishes()),
        ({FLUX + "ssa": "IfNotPresent"}, Wishes(applies=Applies.IF_ABSENT)),
        ({FLUX + "ssa": "Ignore"}, Wishes(applies=Applies.NEVER)),
        ({FLUX + "force": "enabled"}, Wishes(recreate=True)),
        (
            {FLUX + "reconcile": "disabled"},
            Wishes(applies=Applies.NEVER, prune=Going.NO, delete=Going.NO),
        ),
    ],
)
def test_an_annotation_is_a_wish(annotations: dict[str, str], wishes: Wishes) -> None:
    assert wished.read(manifest(annotations)) == wishes


def test_most_objects_wish_nothing() -> None:
    assert wished.read(manifest({"example.com/a": "b"}, {"app": "web"})) is NONE


def test_labels_of_flux_are_read_too_and_no_others() -> None:
    assert wished.read(manifest({}, {FLUX + "prune": "disabled"})) == STAYS
    assert wished.read(manifest({}, {"helm.sh/resource-policy": "keep"})) is NONE


def test_ours_come_first() -> None:
    found = wished.read(manifest({ARGO: "Prune=false,Force=true", "syncline.dev/prune": "true"}))
    forbidden = wished.read(manifest({ARGO: "Force=true", "syncline.dev/recreate": "false"}))

    assert (found.prune, found.recreate) == (Going.YES, True)
    assert forbidden.recreate is False


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("apply", "sometimes", '"always", "if-absent", "never"'),
        ("prune", "no", '"true", "confirm", "false"'),
        ("recreate", "yes", '"true", "false"'),
        ("conflicts", "", '"force", "fail", "yield"'),
    ],
)
def test_a_wrong_value_of_ours_is_an_error(key: str, value: str, words: str) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        wished.read(manifest({f"syncline.dev/{key}": value}))

    assert str(caught.value) == (
        f'ConfigMap/shop/web: annotation syncline.dev/{key}: "{value}" is none of {words}'
    )


def test_a_wrong_value_of_others_is_told() -> None:
    found = wished.read(manifest({ARGO: "Prune=no,Delete=false", FLUX + "ssa": "Replace"}))

    assert sorted(found.unknown) == [f"{ARGO}: Prune=no", f"{FLUX}ssa: Replace"]
    assert found.delete is Going.NO


def test_a_wrong_value_on_a_live_object_protects_it() -> None:
    found = wished.read_live(manifest({"syncline.dev/prune": "flase"}))

    assert (found.prune, found.delete, found.recreate) == (Going.NO, Going.NO, False)
