"""The copy on this disk: shared, kept up to date, and mended."""

import multiprocessing
import shutil
import subprocess
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from syncline.credentials import CredentialSource
from syncline.errors import RepositoryUnreachable, RevisionNotFound
from syncline.model.records import RepositoryRecord
from syncline.settings import GitSettings
from syncline_workers.git import packs
from syncline_workers.git.repositories import GitRepositories, open_repositories
from tests.git.desk import Desk, children, commands, record
from tests.harness.poll import until


def read(repositories: GitRepositories, repository: RepositoryRecord, commit: str) -> bytes:
    with repositories.tree(repository, commit) as tree:
        return tree.read("a")


def damage(desk: Desk) -> None:
    """Overwrite what the packs hold, behind their headers."""
    for pack in desk.mirror().glob("objects/pack/*.pack"):
        pack.chmod(0o600)
        size = pack.stat().st_size
        with pack.open("r+b") as file:
            file.seek(12)
            file.write(b"\xff" * (size - 32))


def test_a_commit_that_is_here_needs_no_server(desk: Desk, repositories: GitRepositories) -> None:
    commit = desk.work.publish("one", {"a": "1"})
    repository = desk.served
    read(repositories, repository, commit)
    desk.server.stop()

    assert read(repositories, repository, commit) == b"1"
    assert read(desk.open(), repository, commit) == b"1"


def test_a_new_commit_is_seen_through_the_reader_that_runs(
    desk: Desk, repositories: GitRepositories
) -> None:
    first = desk.work.publish("one", {"a": "1"})
    read(repositories, desk.served, first)
    readers = children()

    second = desk.work.publish("two", {"a": "2"})

    assert read(repositories, desk.served, second) == b"2"
    assert read(repositories, desk.served, first) == b"1"
    assert children() == readers


def test_a_commit_of_a_small_repository_is_one_request(
    desk: Desk, repositories: GitRepositories
) -> None:
    large = "x" * 1_000_001
    read(repositories, desk.served, desk.work.publish("one", {"a": "1", "b": large, "c/d": "1"}))
    second = desk.work.publish("two", {"a": "2", "b": large + "x", "c/d": "2"})
    before = desk.server.count("info/refs")

    with repositories.tree(desk.served, second) as tree:
        assert (tree.read("a"), tree.read("c/d")) == (b"2", b"2")
        assert desk.server.count("info/refs") - before == 1
        assert tree.read("b") == f"{large}x".encode()


def test_a_fetch_of_another_process_is_seen_without_a_request(
    desk: Desk, repositories: GitRepositories
) -> None:
    read(repositories, desk.served, desk.work.publish("one", {"a": "1"}))
    second = desk.work.publish("two", {"a": "2"})
    read(desk.open(), desk.served, second)
    desk.server.asked.clear()

    assert read(repositories, desk.served, second) == b"2"
    assert desk.server.asked == []


def test_a_commit_that_a_forced_push_removed_is_still_read(
    desk: Desk, repositories: GitRepositories
) -> None:
    first = desk.work.publish("one", {"a": "1"})
    read(repositories, desk.served, first)
    desk.work.write({"a": "2"})
    desk.work.git("commit", "--amend", "--all", "--quiet", "--message", "other")
    desk.work.push(force=True)
    second = desk.work.git("rev-parse", "HEAD")

    assert read(repositories, desk.served, second) == b"2"
    assert read(repositories, desk.served, first) == b"1"


def test_a_branch_that_becomes_a_directory_of_branches_is_fetched(
    desk: Desk, repositories: GitRepositories
) -> None:
    desk.work.commit("one", {"a": "1"})
    desk.work.git("branch", "x")
    desk.work.push()
    read(repositories, desk.served, desk.work.git("rev-parse", "HEAD"))
    desk.work.git("branch", "--delete", "--force", "x")
    desk.work.git("branch", "x/y")
    desk.work.git("push", "--quiet", "origin", ":x")

    assert read(repositories, desk.served, desk.work.publish("two", {"a": "2"})) == b"2"


def test_a_commit_of_no_branch_is_fetched_by_its_id(
    desk: Desk, repositories: GitRepositories
) -> None:
    commit = desk.work.publish("one", {"a": "1"})
    desk.work.git("push", "--quiet", "origin", f"{commit}:refs/pull/1/head")
    desk.work.git("checkout", "--quiet", "--orphan", "fresh")
    desk.work.commit("other", {"a": "2"})
    desk.work.git("push", "--quiet", "--force", "origin", "fresh:main")

    assert read(repositories, desk.served, commit) == b"1"
    found = repositories.resolve(desk.served, ["refs/pull/1/head"])
    assert found.commits == {"refs/pull/1/head": commit}


def test_a_commit_that_nobody_has_is_not_found(desk: Desk, repositories: GitRepositories) -> None:
    desk.work.publish("one", {"a": "1"})

    for _ in range(2):
        with pytest.raises(RevisionNotFound, match="does not have that commit"):
            read(repositories, desk.served, "1" * 40)
    assert desk.mirror()


def test_a_blob_is_no_commit(desk: Desk, repositories: GitRepositories) -> None:
    desk.work.publish("one", {"a": "1"})
    blob = desk.work.git("rev-parse", "HEAD:a")

    with pytest.raises(RevisionNotFound):
        read(repositories, desk.served, blob)


@pytest.mark.parametrize("revision", ["main", "--upload-pack=touch ran", "HEAD", "1" * 39, ""])
def test_only_a_full_commit_id_is_opened(
    desk: Desk, repositories: GitRepositories, revision: str
) -> None:
    with pytest.raises(RevisionNotFound, match="is no full commit id: resolve it first"):
        read(repositories, desk.served, revision)

    assert desk.server.asked == []


def test_a_damaged_mirror_is_made_anew_once(desk: Desk, repositories: GitRepositories) -> None:
    commit = desk.work.publish("one", {"a": "1"})
    read(repositories, desk.served, commit)
    repositories.close()
    damage(desk)

    assert read(desk.open(), desk.served, commit) == b"1"


def test_a_missing_object_is_fetched_again(desk: Desk) -> None:
    commit = desk.work.publish("one", {"a": "1"})
    for repositories in (desk.open(), desk.open()):
        read(repositories, desk.served, commit)
    with desk.open().tree(desk.served, commit) as tree:
        tree.ids(["a"])
        shutil.rmtree(desk.mirror() / "objects")

        assert tree.read("a") == b"1"
    assert read(desk.open(), desk.served, commit) == b"1"


def test_a_mirror_that_is_gone_is_made_again(desk: Desk, repositories: GitRepositories) -> None:
    commit = desk.work.publish("one", {"a": "1"})
    read(repositories, desk.served, commit)
    shutil.rmtree(desk.cache)

    assert read(repositories, desk.served, commit) == b"1"


def test_a_damaged_mirror_stays_while_the_server_is_away(
    desk: Desk, repositories: GitRepositories
) -> None:
    commit = desk.work.publish("one", {"a": "1"})
    repository = desk.served
    read(repositories, repository, commit)
    repositories.close()
    damage(desk)
    port = desk.server.port
    desk.server.stop()

    with pytest.raises(RepositoryUnreachable):
        read(desk.open(), repository, commit)
    desk.server.listen(port)

    assert read(desk.open(), repository, commit) == b"1"


def test_locks_and_halves_that_a_killed_fetch_left_do_not_matter(
    desk: Desk, repositories: GitRepositories
) -> None:
    read(repositories, desk.served, desk.work.publish("one", {"a": "1"}))
    (desk.mirror() / "refs/heads/main.lock").touch()
    (desk.mirror() / "objects/pack/tmp_pack_x").write_bytes(b"half")
    desk.mirror().with_suffix(".new").mkdir()

    assert read(repositories, desk.served, desk.work.publish("two", {"a": "2"})) == b"2"
    assert sorted(path.suffix for path in desk.cache.iterdir()) == ["", ".lock", ".used"]
    assert not list(desk.mirror().glob("objects/pack/tmp_*"))


def test_a_server_that_is_damaged_itself_is_unreachable(
    desk: Desk, repositories: GitRepositories
) -> None:
    commit = desk.work.publish("one", {"a": "1"})
    blob = desk.work.git("rev-parse", "HEAD:a")
    (desk.work.origin / "objects" / blob[:2] / blob[2:]).unlink()

    with pytest.raises(RepositoryUnreachable):
        read(repositories, desk.served, commit)


def test_a_slow_fetch_is_given_up_and_leaves_nothing_running(
    desk: Desk, repositories: GitRepositories
) -> None:
    read(repositories, desk.served, desk.work.publish("one", {"a": "1"}))
    repository = record(desk.served.spec.url, timeout=1)
    commit = desk.work.publish("two", {"a": "2"})
    desk.server.delay = 60

    with pytest.raises(RepositoryUnreachable, match="did not finish within 1 s"):
        read(repositories, repository, commit)
    assert commands("fetch --quiet", desk.mirror()) == []
    assert commands("git-remote-http", repository.spec.url) == []
    desk.server.delay = 0

    assert read(repositories, repository, commit) == b"2"


def test_many_packs_are_joined_and_lose_nothing(
    desk: Desk, repositories: GitRepositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "MOST", 3)
    commits = []
    for number in range(8):
        desk.work.write({"a": str(number)})
        desk.work.git("add", "--all")
        extra = ["--amend"] if number else []  # each replaces the last one: none is reachable
        desk.work.git("commit", "--quiet", *extra, "--message", "same")
        desk.work.push(force=True)
        commits.append(desk.work.git("rev-parse", "HEAD"))
        read(repositories, desk.served, commits[-1])

    assert len(list(desk.mirror().glob("objects/pack/*.pack"))) <= 4
    for opened in (repositories, desk.open()):
        seen = [read(opened, desk.served, commit) for commit in commits]
        assert seen == [str(number).encode() for number in range(8)]


def fetch_at_once(desk: tuple[Path, RepositoryRecord, str], barrier: Barrier) -> None:
    """Another process: fails by its exit status."""
    cache, repository, commit = desk
    source = CredentialSource(directory=None, environment={})
    repositories = open_repositories(GitSettings(cache=cache, allow_http=True), source)
    barrier.wait(30)
    assert read(repositories, repository, commit) == b"1"
    repositories.close()


def test_processes_that_need_a_commit_at_once_fetch_it_once(desk: Desk) -> None:
    commit = desk.work.publish("one", {"a": "1"})
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    given = (desk.cache, desk.served, commit)
    processes = [context.Process(target=fetch_at_once, args=(given, barrier)) for _ in range(3)]

    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert desk.server.count("/app.git/info/refs") == 2  # commits and trees, then blobs


def test_the_fetch_of_another_process_is_waited_for_only_so_long(
    desk: Desk, repositories: GitRepositories
) -> None:
    commit = desk.work.publish("one", {"a": "1"})
    read(repositories, desk.served, commit)
    later = desk.work.publish("two", {"a": "2"})
    hold = (
        "import fcntl,sys; f=open(sys.argv[1],'w'); fcntl.flock(f, fcntl.LOCK_EX); "
        "print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        ["python3", "-c", hold, str(desk.mirror().with_suffix(".lock"))], stdin=-1, stdout=-1
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()

        with pytest.raises(RepositoryUnreachable, match="another worker of this host"):
            read(repositories, record(desk.served.spec.url, timeout=1), later)
        assert read(repositories, desk.served, commit) == b"1"
        holder.communicate()

    until(lambda: read(repositories, desk.served, later) == b"2", within=10, what="the lock")
