"""Commits without a good signature, as look-ups and followers of real repositories see them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncline.model.names import Uid
from syncline.model.records import RepositoryRecord
from syncline.model.run import Inputs
from syncline.model.verification import Verification
from syncline_workers.pipeline import follow, lookup
from syncline_workers.pipeline.ports import Followed, Ports
from tests.git.desk import Desk, record
from tests.harness.signers import SshKey, payload, signed_commit
from tests.pipeline.twins import Lookups, ports

R1 = Uid("r1")
CLUSTER = "apiVersion: syncline.dev/v1alpha1\nkind: Cluster\nmetadata: {name: west}\n"


@dataclass
class Asking(Lookups):
    """Look-ups of a repository that asks for signatures."""

    asked: RepositoryRecord | None = None

    def repository(self, uid: Uid) -> RepositoryRecord | None:
        return self.asked if uid == R1 else None


@dataclass
class Fleet:
    repository: RepositoryRecord
    adopted: str = ""

    def followed(self, _: Uid) -> Followed | None:
        return Followed(self.repository, "main", ".", self.adopted)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk.make(tmp_path)
    yield desk
    desk.close()


@pytest.fixture
def key(tmp_path: Path) -> SshKey:
    return SshKey.make(tmp_path / "bo")


def signed(desk: Desk, key: SshKey) -> str:
    commit = signed_commit(desk.work, key.sign(payload(desk.work)))
    desk.work.push(force=True)
    return commit


def asking(desk: Desk, key: SshKey, *, seen: str = "") -> Ports:
    verify = Verification(allowed_signers=f"bo@example.com {key.public}")
    repository = record(desk.server.url("app.git"), verify=verify)
    learned = {"main": {"d": Inputs(repository=R1, revision="main", paths={"a": "old"})}}
    lookups = Asking({"main": seen}, learned if seen else {}, asked=repository)
    return ports(repositories=desk.open(), lookups=lookups, fleet=Fleet(repository, seen))


@pytest.mark.parametrize("seen", ["", "1" * 40])
def test_no_head_moves_to_an_unsigned_commit_and_the_next_good_one_is_taken(
    desk: Desk, key: SshKey, seen: str
) -> None:
    bad = desk.work.publish("one", {"a": "1"})
    found = lookup.lookup(asking(desk, key, seen=seen), R1)
    assert found is not None
    assert (found.heads, found.affected) == ({}, {})
    assert found.errors["main"].startswith(
        f"SignatureRefused: Repository/shop: commit {bad} is not used"
    )

    desk.work.commit("two", {"a": "2"})
    good = signed(desk, key)

    after = lookup.lookup(asking(desk, key, seen=seen), R1)
    assert after is not None
    assert (after.heads, after.errors) == ({"main": good}, {})


def test_no_document_of_an_unsigned_commit_of_the_fleet_repository_is_read(
    desk: Desk, key: SshKey
) -> None:
    desk.work.publish("one", {"clusters.yaml": CLUSTER})
    found = follow.follow(asking(desk, key), R1)
    assert found is not None
    assert (found.revision, found.documents) == ("", ())
    assert "SignatureRefused" in found.error

    good = signed(desk, key)

    after = follow.follow(asking(desk, key), R1)
    assert after is not None
    assert (after.revision, after.error, len(after.documents)) == (good, "", 1)
