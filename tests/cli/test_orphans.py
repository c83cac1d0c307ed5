"""``syncline orphans``: what nobody declares, and what could not be looked at."""

import json

import pytest

from syncline.model.orphan import Orphan
from tests.api.fleets import COMMIT, Fleet
from tests.api.machinery import Machinery
from tests.cli.conftest import Run

LEFT = Orphan(
    subject="ConfigMap/shop/old",
    created="2026-01-01T00:00:00Z",
    managers=("kubectl-client-side-apply", "kubectl-edit"),
    marked="cart",
)


@pytest.fixture(autouse=True)
def two_targets(fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=2)


def test_each_is_listed_with_its_target_and_who_wrote_it(
    syncline: Run, machinery: Machinery
) -> None:
    machinery.orphans = {"app00@c01": (LEFT,)}

    ended = syncline("orphans", "app00")

    heading, row = (line.split("   ") for line in ended.out.splitlines())
    assert [cell.strip() for cell in heading if cell] == [
        "TARGET", "OBJECT", "SINCE", "WRITTEN BY", "MARKED",
    ]  # fmt: skip
    assert [cell.strip() for cell in row if cell] == [
        "app00@c01",
        "ConfigMap/shop/old",
        "2026-01-01T00:00:00Z",
        "kubectl-client-side-apply, kubectl-edit",
        "cart",
    ]
    assert ended.exit == 1


def test_where_there_is_none_it_ends_well(syncline: Run, machinery: Machinery) -> None:
    ended = syncline("orphans", "app00@c00")

    assert (ended.exit, len(ended.out.splitlines()), ended.err) == (0, 1, "")


def test_what_could_not_be_looked_at_is_said(syncline: Run, machinery: Machinery) -> None:
    machinery.unseen = ("Secret", "acme.example/*")

    ended = syncline("orphans", "app00@c00")

    assert ended.exit == 0
    assert "app00@c00: not looked at: Secret, acme.example/*" in ended.err


def test_for_programs(syncline: Run, machinery: Machinery) -> None:
    machinery.orphans, machinery.unseen = {"app00@c00": (LEFT,)}, ("Secret",)

    ended = syncline("orphans", "app00@c00", "-o", "json")

    (item,) = json.loads(ended.out)["items"]
    assert item == {
        "target": "app00@c00",
        "revision": COMMIT,
        "orphans": [LEFT.model_dump(mode="json")],
        "unseen": ["Secret"],
    }
