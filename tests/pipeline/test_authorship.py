"""Who made the commit that a run is about."""

from collections.abc import Mapping
from typing import Any

import pytest

from syncline.errors import RepositoryUnreachable
from syncline.model.application import ApplicationSpec
from syncline.model.change import Action, Change
from syncline.model.commit import Commit
from syncline.model.names import Uid
from syncline.model.records import ApplicationRecord
from syncline.model.request import Request, Trigger, TriggerKind
from syncline.model.run import Claim, Lease
from syncline_workers.pipeline import authorship
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.heartbeat import Heart
from tests.pipeline.real import TARGET
from tests.pipeline.twins import CLUSTER, CONFIG, REPOSITORY, Repositories, ports

MADE = "c" * 40
ANA = Commit(id=MADE, author="Ana <ana@example.com>", message="Scale the shop", at=1700000000.0)


def attempt(repositories: Repositories, **claimed: Any) -> Attempt:
    spec = {"source": {"repository": "shop"}, "destination": {"cluster": "west"}}
    claim: Mapping[str, Any] = {
        "lease": Lease(target=TARGET, fence=1, ticket="t", seconds=30),
        "installation": "i",
        "request": Request(trigger=Trigger(kind=TriggerKind.POLL)),
        "application": ApplicationRecord(
            uid=Uid("a1"),
            name="shop",
            project="default",
            spec=ApplicationSpec.model_validate(spec),
        ),
        "cluster": CLUSTER,
        "repository": REPOSITORY,
        **claimed,
    }
    given = ports(repositories=repositories)
    heart = Heart(claim["lease"], since=0.0)
    return Attempt(ports=given, claim=Claim(**claim), heart=heart, revision=MADE)


def test_a_commit_is_read_once_in_a_process() -> None:
    repositories = Repositories(told={MADE: ANA})
    found = attempt(repositories)

    assert [authorship.of(found), authorship.of(found)] == [ANA, ANA]
    assert repositories.asked == 1


@pytest.mark.parametrize("error", [None, RepositoryUnreachable("git.example", "refused")])
def test_what_is_not_at_hand_is_told_by_its_id_and_fails_no_run(error: Exception | None) -> None:
    found = attempt(Repositories(error=error))

    assert authorship.of(found) == Commit(id=MADE)


def test_a_run_that_got_to_no_commit_has_none() -> None:
    found = attempt(Repositories(told={MADE: ANA}))
    found.revision = ""

    assert authorship.of(found) is None


def test_runs_that_history_does_not_keep_read_none() -> None:
    found = attempt(Repositories())

    assert not authorship.is_told(found)
    found.changes.append(Change(ref=CONFIG, action=Action.CREATED))
    assert authorship.is_told(found)


def test_what_a_person_asked_for_is_kept_and_told() -> None:
    asked = Request(trigger=Trigger(kind=TriggerKind.USER, actor="ana"))

    assert authorship.is_told(attempt(Repositories(), request=asked))
