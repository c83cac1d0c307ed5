"""Mirrors that nobody uses leave the disk; those that somebody uses never do."""

import multiprocessing
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from syncline.credentials import CredentialSource
from syncline.model.records import RepositoryRecord
from syncline.settings import GitSettings
from syncline_workers.git import shelf
from syncline_workers.git.repositories import GitRepositories, open_repositories
from tests.git.desk import Desk, children, record
from tests.harness.gitserver import WorkRepo

DAY = 86_400.0
HOLD = (
    "import fcntl,sys; f=open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_SH); "
    "print(flush=True); sys.stdin.read()"
)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "PAUSE", 0.0)


def published(desk: Desk, name: str, size: int = 0) -> tuple[RepositoryRecord, str]:
    """Another repository with one commit, whose file ``b`` has so many bytes."""
    work = WorkRepo.create(desk.root / f"work-{name}", origin=desk.root / f"served/{name}.git")
    commit = work.publish("one", {"a": name, "b": os.urandom(size)})
    return record(str(work.origin)), commit


def read(repositories: GitRepositories, repository: RepositoryRecord, commit: str) -> bytes:
    with repositories.tree(repository, commit) as tree:
        return tree.read("a")


def mirrors(desk: Desk) -> dict[str, Path]:
    """By the repository's name."""
    used = desk.cache.glob("*.used")
    found = {Path(file.read_text()).stem: file.with_suffix("") for file in used}
    return {name: path for name, path in found.items() if path.exists()}


def unused(desk: Desk, name: str, seconds: float) -> None:
    """Let a mirror have been used last so long ago."""
    at = time.time() - seconds
    os.utime(mirrors(desk)[name].with_suffix(".used"), (at, at))


def filled(
    desk: Desk, repositories: GitRepositories, sizes: dict[str, int]
) -> list[tuple[RepositoryRecord, str]]:
    """A mirror of each name; the first was used longest ago."""
    made = [published(desk, name, size) for name, size in sizes.items()]
    for repository, commit in made:
        read(repositories, repository, commit)
    for place, name in enumerate(sizes):
        unused(desk, name, 100 - place)
    return made


def events(logs: list[Any]) -> list[str]:
    return [entry["event"] for entry in logs]


def test_what_was_not_read_for_long_is_removed_with_its_locks(desk: Desk) -> None:
    repositories = desk.open(cache_keep=timedelta(days=30))
    filled(desk, repositories, {"old": 0, "young": 0})
    unused(desk, "old", 31 * DAY)
    unused(desk, "young", 29 * DAY)
    gone = mirrors(desk)["old"]

    with capture_logs() as logs:
        repositories.tidy()

    assert list(mirrors(desk)) == ["young"]
    assert list(desk.cache.glob(f"{gone.name}*")) == []
    (entry,) = logs
    assert entry["event"] == "mirror_removed"
    assert entry["repository"].endswith("served/old.git")
    assert entry["unused_seconds"] == pytest.approx(31 * DAY, abs=60)
    assert entry["bytes"] > 0


def test_the_longest_unused_go_first_until_the_rest_fits(desk: Desk) -> None:
    repositories = desk.open(cache_size=2_700_000)
    filled(desk, repositories, {"a": 1_000_000, "b": 1_000_000, "c": 1_000_000, "d": 1_000_000})

    repositories.tidy()

    assert sorted(mirrors(desk)) == ["c", "d"]


def test_reading_counts_as_use(desk: Desk) -> None:
    repositories = desk.open(cache_size=1_500_000)
    first, _ = filled(desk, repositories, {"a": 1_000_000, "b": 1_000_000})
    read(repositories, *first)

    repositories.tidy()

    assert list(mirrors(desk)) == ["a"]


def test_what_is_read_in_this_process_stays_though_it_is_too_much(desk: Desk) -> None:
    repositories = desk.open(cache_size=0)
    (repository, commit), _ = filled(desk, repositories, {"a": 0, "b": 0})

    with repositories.tree(repository, commit) as tree:
        with capture_logs() as logs:
            repositories.tidy()
        assert tree.read("a") == b"a"

    assert list(mirrors(desk)) == ["a"]
    assert events(logs) == ["mirror_removed", "mirrors_over_budget"]
    assert "raise SYNCLINE_GIT_CACHE_SIZE" in logs[1]["detail"]
    repositories.tidy()
    assert mirrors(desk) == {}


def test_what_another_process_uses_stays_until_it_ends_however_it_ends(desk: Desk) -> None:
    repositories = desk.open(cache_size=0)
    filled(desk, repositories, {"a": 0})
    held = mirrors(desk)["a"].with_suffix(".used")
    with subprocess.Popen(["python3", "-c", HOLD, str(held)], stdin=-1, stdout=-1) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        repositories.tidy()
        assert list(mirrors(desk)) == ["a"]
        holder.kill()

    repositories.tidy()

    assert mirrors(desk) == {}


def test_a_removed_mirror_is_made_again_where_it_is_needed(desk: Desk) -> None:
    repositories, other = desk.open(cache_size=0), desk.open()
    repository, commit = published(desk, "a")
    read(repositories, repository, commit)
    read(other, repository, commit)

    repositories.tidy()

    assert mirrors(desk) == {}
    assert read(repositories, repository, commit) == b"a"
    assert read(other, repository, commit) == b"a"


def test_no_reader_keeps_the_disk_of_what_was_removed(desk: Desk) -> None:
    before = children()
    repositories, other = desk.open(cache_size=0), desk.open()
    repository, commit = published(desk, "a")
    read(repositories, repository, commit)
    read(other, repository, commit)
    assert len(children() - before) == 2

    repositories.tidy()
    read(repositories, repository, commit)  # the same path has another mirror now
    other.tidy()

    assert len(children() - before) == 1
    repositories.tidy()
    assert children() == before


def test_what_killed_processes_left_is_removed(desk: Desk) -> None:
    repositories = desk.open()
    filled(desk, repositories, {"a": 0})
    path = mirrors(desk)["a"]
    left = [
        path.with_suffix(".new") / "objects",
        path.with_suffix(".old") / "objects",
        desk.cache / f"{path.name}.{'0' * 16}.gone" / "objects",
        desk.cache / f"{'f' * 32}.new",
        path / "objects/pack/tmp_pack_x",
    ]
    for place in left:
        place.mkdir(parents=True) if "tmp" not in place.name else place.write_text("x")

    repositories.tidy()

    assert [place for place in left if place.exists()] == []
    assert list(desk.cache.glob("*.gone")) == []
    assert list(mirrors(desk)) == ["a"]


def test_a_fetch_that_runs_keeps_its_halves(desk: Desk) -> None:
    repositories = desk.open()
    repository, commit = published(desk, "a")
    read(repositories, repository, commit)
    half = mirrors(desk)["a"].with_suffix(".new")
    half.mkdir()

    with repositories.tree(repository, commit):
        repositories.tidy()
        assert half.exists()


def test_files_of_other_names_are_not_touched(desk: Desk) -> None:
    repositories = desk.open(cache_size=0, cache_keep=timedelta(0))
    filled(desk, repositories, {"a": 0})
    for name in ("notes", "0123.gone", "A" * 32, f"{'a' * 32}.backup"):
        (desk.cache / name).mkdir()

    repositories.tidy()

    assert sorted(path.name for path in desk.cache.iterdir()) == sorted(
        ["notes", "0123.gone", "A" * 32, f"{'a' * 32}.backup", "tidied"]
    )


def test_one_round_in_five_minutes_is_enough_for_a_host(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = desk.open(cache_keep=timedelta(days=1)), desk.open(cache_keep=timedelta(days=1))
    filled(desk, first, {"a": 0})
    first.tidy()
    unused(desk, "a", 2 * DAY)
    monkeypatch.setattr(shelf, "PAUSE", 60.0)
    stamp, now = desk.cache / "tidied", time.time()

    for minutes in (0, 2, 4):
        os.utime(desk.cache, (now - 600, now - 600))
        os.utime(stamp, (now - minutes * 60, now - minutes * 60))
        second.tidy()
        assert list(mirrors(desk)) == ["a"]
    os.utime(stamp, (now - 301, now - 301))
    second.tidy()

    assert mirrors(desk) == {}


def test_a_new_mirror_has_the_next_round_within_a_minute(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    repositories = desk.open(cache_size=0)
    filled(desk, repositories, {"a": 0})
    repositories.tidy()
    monkeypatch.setattr(shelf, "PAUSE", 60.0)
    filled(desk, repositories, {"b": 0})

    repositories.tidy()
    assert list(mirrors(desk)) == ["b"]
    os.utime(desk.cache / "tidied", (time.time() - 61,) * 2)
    repositories.tidy()

    assert mirrors(desk) == {}


def test_without_a_directory_there_is_nothing_to_do(desk: Desk) -> None:
    with capture_logs() as logs:
        desk.open().tidy()

    assert logs == []
    assert not desk.cache.exists()


def crowd(cache: Path, given: list[tuple[RepositoryRecord, str]], end: Event, tidies: bool) -> None:
    """Another worker process: reads at random, and removes whatever is not in use."""
    shelf.PAUSE = 0.0  # type: ignore[misc]
    source = CredentialSource(directory=None, environment={})
    settings = GitSettings(cache=cache, allow_local=(cache.parent,), cache_size=0)
    repositories = open_repositories(settings, source)
    while not end.is_set():
        repository, commit = secrets.choice(given)
        assert read(repositories, repository, commit) == Path(repository.spec.url).stem.encode()
        if tidies:
            repositories.tidy()
    repositories.close()


@pytest.fixture
def stopped() -> Iterator[list[Any]]:
    """Processes that are ended whatever happens."""
    processes: list[Any] = []
    yield processes
    for process in processes:
        with suppress(ValueError):
            process.kill()


def test_a_crowd_reads_while_mirrors_are_removed_all_the_time(
    desk: Desk, stopped: list[Any]
) -> None:
    given = [published(desk, name, 50_000) for name in ("a", "b")]
    context = multiprocessing.get_context("spawn")
    end = context.Event()
    for tidies in (True, True, False):
        stopped.append(context.Process(target=crowd, args=(desk.cache, given, end, tidies)))
        stopped[-1].start()

    end.wait(8)
    end.set()
    for process in stopped:
        process.join(60)

    assert [process.exitcode for process in stopped] == [0, 0, 0]
