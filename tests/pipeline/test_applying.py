"""What an apply did, told by what was known before it and what came back."""

import pytest

from syncline.model.change import Action, InventoryEntry, ObjectRef
from syncline_workers.pipeline.applying import action_of

BEFORE = InventoryEntry(
    ref=ObjectRef(group="", version="v1", kind="ConfigMap", namespace="web", name="web"),
    digest="one",
    uid="u1",
    resource_version="7",
    owned="2026-11-24T05:00:00Z|f1",
)


@pytest.mark.parametrize(
    ("after", "action"),
    [
        ({}, Action.UNCHANGED),
        ({"resource_version": "8"}, Action.UNCHANGED),  # its status moved
        ({"digest": "two"}, Action.UNCHANGED),  # written otherwise, and means the same
        ({"digest": "two", "resource_version": "8"}, Action.CONFIGURED),  # within one second
        ({"owned": "2026-11-24T05:00:01Z|f1", "resource_version": "8"}, Action.CONFIGURED),
        ({"uid": "u2"}, Action.CONFIGURED),
    ],
)
def test_an_apply_is_told_from_one_that_changed_nothing(
    after: dict[str, str], action: Action
) -> None:
    assert action_of(BEFORE, BEFORE.model_copy(update=after)) is action


def test_what_was_not_known_was_created() -> None:
    recorded = BEFORE.model_copy(update={"uid": ""})

    assert [action_of(before, BEFORE) for before in (None, recorded)] == [Action.CREATED] * 2
