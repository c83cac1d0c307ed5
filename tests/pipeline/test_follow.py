"""A look at the fleet repository, as it is reported."""

from dataclasses import dataclass

from syncline.contract.reports import FollowReport
from syncline.errors import RepositoryUnreachable
from syncline.model.names import Uid
from syncline_workers.pipeline.follow import follow
from syncline_workers.pipeline.ports import Followed
from tests.pipeline.twins import REPOSITORY, Lookups, Repositories, ports

R1 = Uid("r1")


@dataclass
class Fleet:
    """What of one repository is followed."""

    adopted: str

    def followed(self, uid: Uid) -> Followed | None:
        return Followed(REPOSITORY, "main", ".", self.adopted) if uid == R1 else None


def looked(repositories: Repositories, adopted: str = "c1") -> FollowReport | None:
    lookups = Lookups({}, time=12.5)
    return follow(ports(repositories=repositories, fleet=Fleet(adopted), lookups=lookups), R1)


def test_nothing_new_is_reported_with_when_it_was_asked() -> None:
    assert looked(Repositories(heads={"main": "c1"})) == FollowReport(repository=R1, began=12.5)


def test_a_repository_that_does_not_answer_has_no_revision() -> None:
    report = looked(Repositories(error=RepositoryUnreachable("git.example", "timed out")))

    assert report == FollowReport(
        repository=R1, began=12.5, error="RepositoryUnreachable: git.example: timed out"
    )
