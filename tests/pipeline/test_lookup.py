from syncline.contract.reports import LookupReport
from syncline.errors import RepositoryUnreachable
from syncline.model.names import Uid
from syncline.model.run import Inputs
from syncline_workers.pipeline.lookup import lookup
from tests.pipeline.twins import Lookups, Repositories, ports

R1 = Uid("r1")


def inputs(**paths: str) -> Inputs:
    return Inputs(repository="r1", revision="main", paths=paths)


def test_only_inputs_whose_ids_differ_are_affected() -> None:
    repositories = Repositories(heads={"main": "c2"}, commits={"c2": {"a": "1", "b": "9"}})
    learned = {"main": {"da": inputs(a="1"), "db": inputs(b="2"), "dab": inputs(a="1", b="2")}}

    report = lookup(ports(repositories=repositories, lookups=Lookups({"main": "c1"}, learned)), R1)

    assert report == LookupReport(
        repository=R1,
        heads={"main": "c2"},
        affected={"main": ("dab", "db")},
        unaffected={"main": ("da",)},
    )


def test_a_head_that_did_not_move_compares_nothing() -> None:
    repositories = Repositories(heads={"main": "c1"})

    report = lookup(ports(repositories=repositories, lookups=Lookups({"main": "c1"})), R1)

    assert report == LookupReport(repository=R1, heads={"main": "c1"})


def test_a_report_says_when_the_repository_was_asked() -> None:
    working, broken = (
        Repositories(heads={"main": "c1"}),
        Repositories(error=RepositoryUnreachable("git.example", "timed out")),
    )

    reports = [
        lookup(ports(repositories=each, lookups=Lookups({"main": "c1"}, time=12.5)), R1)
        for each in (working, broken)
    ]

    assert [report and report.began for report in reports] == [12.5, 12.5]


def test_an_input_that_was_absent_and_appears_is_a_change() -> None:
    repositories = Repositories(heads={"main": "c2"}, commits={"c2": {"kustomization.yml": "1"}})
    absent = Inputs(repository="r1", revision="main", paths={"kustomization.yml": ""})
    lookups = Lookups({"main": "c1"}, {"main": {"d": absent}})

    report = lookup(ports(repositories=repositories, lookups=lookups), R1)

    assert report is not None
    assert report.affected == {"main": ("d",)}


def test_any_commit_may_mend_a_render_that_failed() -> None:
    repositories = Repositories(heads={"main": "c2"}, commits={"c2": {}})
    lookups = Lookups({"main": "c1"}, {"main": {"failed": inputs()}})

    report = lookup(ports(repositories=repositories, lookups=lookups), R1)

    assert report is not None
    assert report.affected == {"main": ("failed",)}


def test_all_revisions_are_resolved_by_one_request() -> None:
    repositories = Repositories(heads={"main": "c1", "v1": "c0"})

    lookup(ports(repositories=repositories, lookups=Lookups({"main": "c1", "v1": "c0"})), R1)

    assert repositories.asked == 1


def test_a_revision_that_is_not_there_is_named_and_the_others_go_on() -> None:
    repositories = Repositories(heads={"main": "c1"})

    report = lookup(
        ports(repositories=repositories, lookups=Lookups({"main": "c1", "mian": ""})), R1
    )

    assert report is not None
    assert report.heads == {"main": "c1"}
    assert repositories.asked == 1
    assert report.errors == {
        "mian": "RevisionNotFound: Repository/shop: there is no branch, tag or range mian: "
        "did you mean main?"
    }


def test_a_host_that_does_not_answer_is_reported_for_the_whole_repository() -> None:
    repositories = Repositories(error=RepositoryUnreachable("Repository/shop", "timed out"))

    report = lookup(ports(repositories=repositories, lookups=Lookups({"main": "c1"})), R1)

    assert report == LookupReport(
        repository=R1, errors={"": "RepositoryUnreachable: Repository/shop: timed out"}
    )


def test_a_repository_that_is_gone_is_no_report() -> None:
    assert lookup(ports(lookups=Lookups({})), Uid("other")) is None
