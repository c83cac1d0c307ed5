"""Mirrors of large repositories: blobs come when they are needed, many by one request."""

import os
from pathlib import Path

import pytest

from syncline.errors import RepositoryUnreachable, RevisionNotFound
from syncline_workers.git import fetching, packs, supply
from syncline_workers.git.repositories import GitRepositories
from tests.git.desk import Desk
from tests.harness.workrepo import git

FILES: dict[str, str | bytes | None] = {
    f"apps/{name}/{file}": f"{name} {file}" for name in "abcdefgh" for file in ("x.yaml", "y.go")
}


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every repository is a large one."""
    monkeypatch.setattr(fetching, "FEW", 0)


def here(desk: Desk) -> set[str]:
    """The paths of the branch whose blobs the mirror has."""
    listed = git("rev-list", "--objects", "--missing=allow-any", "main", cwd=desk.mirror())
    asked = "".join(f"{line}\n" for line in listed.splitlines()).encode()
    shown = git("cat-file", "--batch-check=%(objecttype) %(rest)", cwd=desk.mirror(), stdin=asked)
    return {line.split()[1] for line in shown.splitlines() if line.startswith("blob")}


def requests(desk: Desk) -> int:
    return desk.server.count("info/refs")


def test_only_what_is_read_is_fetched_with_what_lies_beside_it(
    desk: Desk, repositories: GitRepositories
) -> None:
    commit = desk.work.publish("one", FILES)

    with repositories.tree(desk.served, commit) as tree:
        assert tree.files("apps").keys() == FILES.keys()
        assert here(desk) == set()
        assert tree.read("apps/a/x.yaml") == b"a x.yaml"

    assert here(desk) == {"apps/a/x.yaml", "apps/a/y.go"}


def test_files_that_are_laid_out_come_by_one_request(
    desk: Desk, repositories: GitRepositories
) -> None:
    commit = desk.work.publish("one", FILES)

    with repositories.tree(desk.served, commit) as tree:
        tree.files("apps")
        before = requests(desk)
        with tree.materialise(["apps/b", "apps/c"]) as root:
            assert (root / "apps/c/y.go").read_text() == "c y.go"

    assert requests(desk) - before == 1
    assert here(desk) == {f"apps/{name}/{file}" for name in "bc" for file in ("x.yaml", "y.go")}


def test_what_another_process_fetched_is_there(desk: Desk, repositories: GitRepositories) -> None:
    commit = desk.work.publish("one", FILES)
    other = desk.open()
    with other.tree(desk.served, commit) as tree:
        tree.ids(["apps"])  # its reader runs, and has seen no such pack
        with repositories.tree(desk.served, commit) as theirs:
            theirs.read("apps/a/x.yaml")
        before = requests(desk)

        assert tree.read("apps/a/x.yaml") == b"a x.yaml"
    assert requests(desk) == before


def test_names_that_were_asked_about_come_with_what_is_read(
    desk: Desk, repositories: GitRepositories
) -> None:
    commit = desk.work.publish("one", FILES)

    with repositories.tree(desk.served, commit) as tree:
        tree.ids(["apps/a/x.yaml", "apps/b/x.yaml"])
        before = requests(desk)
        tree.read("apps/a/x.yaml")
        tree.read("apps/b/x.yaml")

    assert requests(desk) - before == 1


def test_who_reads_much_gets_all_manifests_at_once(
    desk: Desk, repositories: GitRepositories
) -> None:
    commit = desk.work.publish("one", FILES)
    with repositories.tree(desk.served, commit) as tree:
        tree.ids(["."])
        before = requests(desk)

        for name in "abcdefgh":
            assert tree.read(f"apps/{name}/x.yaml") == f"{name} x.yaml".encode()

    assert requests(desk) - before == supply.NARROW + 1
    assert {path for path in here(desk) if path.endswith(".yaml")} == {
        path for path in FILES if path.endswith(".yaml")
    }
    assert "apps/h/y.go" not in here(desk)


def test_links_come_together(desk: Desk, repositories: GitRepositories) -> None:
    desk.work.write(FILES)
    for name in "abc":
        desk.work.link(f"apps/{name}/z.yaml", f"../h/{'xy'[name == 'b']}{'.go' * (name == 'b')}")
    commit = desk.work.publish("one", {"apps/h/x": "1"})

    with repositories.tree(desk.served, commit) as tree:
        before = requests(desk)
        found = tree.ids([f"apps/{name}/z.yaml" for name in "abc"])

    assert all(found.values())
    assert requests(desk) - before == 1


def test_a_new_commit_needs_no_blob_that_is_here(desk: Desk, repositories: GitRepositories) -> None:
    first = desk.work.publish("one", FILES)
    with repositories.tree(desk.served, first) as tree:
        tree.read("apps/a/x.yaml")
    second = desk.work.publish("two", {"apps/b/x.yaml": "new"})
    before = requests(desk)

    with repositories.tree(desk.served, second) as tree:
        assert tree.read("apps/a/x.yaml") == b"a x.yaml"
        assert requests(desk) - before == 1
        assert tree.read("apps/b/x.yaml") == b"new"
    assert requests(desk) - before == 2


def test_a_change_of_a_file_that_is_not_here_is_read(
    desk: Desk, repositories: GitRepositories
) -> None:
    """A server would send it as a difference from the one that we lack."""
    body = os.urandom(200_000).hex()
    first = desk.work.publish("one", {"big": body, "a": "1"})
    with repositories.tree(desk.served, first) as tree:
        tree.ids(["a"])
    second = desk.work.publish("two", {"big": body + "more"})

    with repositories.tree(desk.served, second) as tree:
        assert tree.read("big").decode() == body + "more"


def test_an_older_revision_is_read_after_a_forced_push(
    desk: Desk, repositories: GitRepositories
) -> None:
    first = desk.work.publish("one", FILES)
    with repositories.tree(desk.served, first) as tree:
        tree.ids(["apps"])
    desk.work.write({"apps/a/x.yaml": "other"})
    desk.work.git("commit", "--amend", "--all", "--quiet", "--message", "other")
    desk.work.push(force=True)

    with repositories.tree(desk.served, desk.work.git("rev-parse", "HEAD")) as tree:
        assert tree.read("apps/a/x.yaml") == b"other"
    with repositories.tree(desk.served, first) as tree:
        assert tree.read("apps/a/x.yaml") == b"a x.yaml"


def test_what_the_server_has_lost_is_named_and_loses_nothing(
    desk: Desk, repositories: GitRepositories
) -> None:
    first = desk.work.publish("one", FILES)
    with repositories.tree(desk.served, first) as tree:
        tree.read("apps/a/x.yaml")
    desk.work.write({"apps/b/x.yaml": "other"})
    desk.work.git("commit", "--amend", "--all", "--quiet", "--message", "other")
    desk.work.push(force=True)
    git("reflog", "expire", "--expire=now", "--all", cwd=desk.work.origin)
    git("gc", "--quiet", "--prune=now", cwd=desk.work.origin)

    with repositories.tree(desk.served, first) as tree:
        with pytest.raises(RevisionNotFound, match="a forced push may have removed it"):
            tree.read("apps/b/x.yaml")
        assert tree.read("apps/a/x.yaml") == b"a x.yaml"
    with desk.open().tree(desk.served, first) as tree:
        assert tree.read("apps/a/x.yaml") == b"a x.yaml"


def test_a_server_that_knows_no_filters_sends_all(
    desk: Desk, repositories: GitRepositories
) -> None:
    desk.server.filters = False
    commit = desk.work.publish("one", FILES)

    with repositories.tree(desk.served, commit) as tree:
        tree.ids(["."])
        assert here(desk) == FILES.keys()
        before = requests(desk)
        assert tree.read("apps/a/x.yaml") == b"a x.yaml"
    assert requests(desk) == before


def test_a_server_that_gives_nothing_by_its_id_is_mirrored_whole(
    desk: Desk, repositories: GitRepositories
) -> None:
    desk.server.modern = False
    first = desk.work.publish("one", FILES)

    with repositories.tree(desk.served, first) as tree:
        assert tree.read("apps/a/x.yaml") == b"a x.yaml"
        assert here(desk) == FILES.keys()
    second = desk.work.publish("two", {"apps/b/x.yaml": "new"})
    before = requests(desk)

    with desk.open().tree(desk.served, second) as tree:
        assert tree.read("apps/b/x.yaml") == b"new"
    assert requests(desk) - before == 1


def test_nothing_is_fetched_behind_our_back(desk: Desk, repositories: GitRepositories) -> None:
    commit = desk.work.publish("one", FILES)
    with repositories.tree(desk.served, commit) as tree:
        tree.ids(["apps"])
    blob = desk.work.git("rev-parse", "HEAD:apps/a/x.yaml")
    desk.server.asked.clear()

    with pytest.raises(RuntimeError):
        git("cat-file", "blob", blob, cwd=desk.mirror())
    assert desk.server.asked == []
    assert "promisor" not in (desk.mirror() / "config").read_text()


def test_a_mirror_that_is_damaged_is_made_anew_and_gets_its_blobs_again(
    desk: Desk, repositories: GitRepositories
) -> None:
    commit = desk.work.publish("one", FILES)
    with repositories.tree(desk.served, commit) as tree:
        tree.read("apps/a/x.yaml")
    repositories.close()
    for pack in desk.mirror().glob("objects/pack/*.pack"):
        spoil(pack)

    with desk.open().tree(desk.served, commit) as tree:
        assert tree.read("apps/a/x.yaml") == b"a x.yaml"


def test_a_blob_that_is_damaged_is_fetched_anew(desk: Desk, repositories: GitRepositories) -> None:
    commit = desk.work.publish("one", FILES)
    with repositories.tree(desk.served, commit) as tree:
        before = set(desk.mirror().glob("objects/pack/*.pack"))
        tree.read("apps/a/x.yaml")
    (pack,) = set(desk.mirror().glob("objects/pack/*.pack")) - before
    repositories.close()
    spoil(pack)

    with desk.open().tree(desk.served, commit) as tree:
        assert tree.read("apps/a/x.yaml") == b"a x.yaml"


def test_a_blob_that_cannot_be_fetched_is_unreachable_not_damage(
    desk: Desk, repositories: GitRepositories
) -> None:
    commit = desk.work.publish("one", FILES)
    repository = desk.served
    with repositories.tree(repository, commit) as tree:
        tree.ids(["apps"])
        port = desk.server.port
        desk.server.stop()

        with pytest.raises(RepositoryUnreachable):
            tree.read("apps/a/x.yaml")
        desk.server.listen(port)

        assert tree.read("apps/a/x.yaml") == b"a x.yaml"


def test_packs_of_blobs_are_joined_and_stay_partial(
    desk: Desk, repositories: GitRepositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "MOST", 3)
    monkeypatch.setattr(supply, "NARROW", 100)
    commit = desk.work.publish("one", FILES)

    with repositories.tree(desk.served, commit) as tree:
        for name in "abcdefg":
            tree.read(f"apps/{name}/x.yaml")
    assert len(list(desk.mirror().glob("objects/pack/*.pack"))) <= 4
    later = desk.work.publish("two", {"apps/a/x.yaml": "new"})

    with desk.open().tree(desk.served, later) as tree:
        assert tree.read("apps/a/x.yaml") == b"new"
        assert tree.read("apps/b/y.go") == b"b y.go"
        assert tree.read("apps/h/x.yaml") == b"h x.yaml"


def spoil(pack: Path) -> None:
    """Overwrite what a pack holds, behind its header."""
    pack.chmod(0o600)
    size = pack.stat().st_size
    with pack.open("r+b") as file:
        file.seek(12)
        file.write(b"\xff" * (size - 32))
