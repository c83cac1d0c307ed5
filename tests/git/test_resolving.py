"""Names become commits by one request."""

import time

import pytest

from syncline.errors import RevisionNotFound
from syncline_workers.git.refs import Refs
from syncline_workers.git.repositories import GitRepositories
from tests.git.desk import Desk


def test_branches_tags_commits_and_ranges_are_resolved_by_one_request(
    desk: Desk, repositories: GitRepositories
) -> None:
    first = desk.work.commit("one")
    desk.work.tag("v1.0.0")
    second = desk.work.commit("two")
    desk.work.tag("v1.1.0", "annotated")
    desk.work.git("branch", "release")
    head = desk.work.publish("three", {})

    found = repositories.resolve(
        desk.served,
        ["HEAD", "main", "release", "v1.0.0", "v1.1.0", "^1.0", "refs/tags/v1.0.0", first, "gone"],
    )

    assert found.commits == {
        "HEAD": head,
        "main": head,
        "release": second,
        "v1.0.0": first,
        "v1.1.0": second,
        "^1.0": second,
        "refs/tags/v1.0.0": first,
        first: first,
    }
    assert list(found.missing) == ["gone"]
    assert desk.server.count("/app.git/info/refs") == 1


def test_a_full_commit_id_is_not_asked_for(desk: Desk, repositories: GitRepositories) -> None:
    commit = desk.work.publish("one", {})

    assert repositories.resolve(desk.served, [commit]).commits == {commit: commit}
    assert desk.server.asked == []


def test_a_branch_named_like_a_commit_does_not_take_its_place(
    desk: Desk, repositories: GitRepositories
) -> None:
    pinned = desk.work.commit("good")
    desk.work.git("branch", pinned)
    desk.work.publish("evil", {})
    desk.work.git("branch", "--force", pinned, "HEAD")
    desk.work.push(force=True)

    found = repositories.resolve(desk.served, [pinned, "main"]).commits

    assert found[pinned] == pinned != found["main"]


def test_a_branch_goes_before_a_tag_of_the_same_name(
    desk: Desk, repositories: GitRepositories
) -> None:
    desk.work.commit("one")
    desk.work.tag("stable")
    desk.work.git("branch", "stable")
    newer = desk.work.commit("two")
    desk.work.git("branch", "--force", "stable", "HEAD")
    desk.work.push()

    assert repositories.resolve(desk.served, ["stable"]).commits == {"stable": newer}


def test_a_moved_tag_and_a_forced_push_are_seen(desk: Desk, repositories: GitRepositories) -> None:
    desk.work.commit("one")
    desk.work.tag("stable")
    desk.work.push()
    before = repositories.resolve(desk.served, ["stable", "main"]).commits
    desk.work.git("commit", "--amend", "--quiet", "--allow-empty", "--message", "other")
    desk.work.tag("stable", force=True)
    desk.work.push(force=True)

    after = repositories.resolve(desk.served, ["stable", "main"]).commits

    amended = desk.work.git("rev-parse", "HEAD")
    assert after == {"stable": amended, "main": amended} != before


@pytest.mark.parametrize(
    "revision",
    [
        "--upload-pack=touch ran",
        "-n",
        "main; touch ran",
        "../main",
        "main\nHEAD",
        "main^{tree}",
        "",
    ],
)
def test_hostile_names_are_names_that_do_not_exist(
    desk: Desk, repositories: GitRepositories, revision: str
) -> None:
    desk.work.publish("one", {})

    assert repositories.resolve(desk.served, [revision]).commits == {}
    assert not list(desk.root.rglob("ran"))


@pytest.mark.parametrize(
    ("revision", "hint"),
    [
        ("mian", "there is no branch, tag or range mian: did you mean main?"),
        ("zzz", "there is no branch, tag or range zzz: push it, or correct the revision"),
        (
            "12ab",
            "there is no branch, tag or range 12ab: a commit is written with all of its 40 digits",
        ),
        (">=2", "no tag lies in the range >=2: the newest is v1.2.3"),
    ],
)
def test_a_missing_revision_is_explained_by_the_same_request(
    desk: Desk, repositories: GitRepositories, revision: str, hint: str
) -> None:
    desk.work.commit("one")
    desk.work.tag("v1.2.3")
    desk.work.push()

    found = repositories.resolve(desk.served, [revision, "main"])

    error = found.missing[revision]
    assert isinstance(error, RevisionNotFound)
    assert str(error) == f"Repository/shop: {hint}"
    assert list(found.commits) == ["main"]
    assert desk.server.count("/app.git/info/refs") == 1


def test_an_empty_repository_has_no_revisions(desk: Desk, repositories: GitRepositories) -> None:
    found = repositories.resolve(desk.served, ["HEAD", "main"])

    assert found.commits == {}
    assert {name: str(error) for name, error in found.missing.items()} == {
        name: f"Repository/shop: there is no revision {name}: the repository is empty"
        for name in ("HEAD", "main")
    }


def test_near_names_are_found_among_very_many() -> None:
    ids = {f"refs/heads/feature/number-{n}-of-a-very-long-series": "c" * 40 for n in range(50_000)}
    begun = time.process_time()

    said = Refs(ids | {"refs/heads/release/2026": "c" * 40}).missing("relaese/2026")

    assert said == "there is no branch, tag or range relaese/2026: did you mean release/2026?"
    assert time.process_time() - begun < 1.0
