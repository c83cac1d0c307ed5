"""The git processes that stay: ended, replaced, and never shared across a fork."""

import os
import signal
import threading
from pathlib import Path

import pytest

from syncline_workers.git import mirrors as module
from syncline_workers.git.repositories import GitRepositories
from tests.git.desk import Desk, children, in_fork, record
from tests.harness.poll import until


def read(repositories: GitRepositories, desk: Desk) -> bytes:
    with repositories.tree(desk.served, desk.work.git("rev-parse", "HEAD")) as tree:
        return tree.read("a")


def test_a_reader_that_was_killed_is_started_again(
    desk: Desk, repositories: GitRepositories
) -> None:
    desk.work.publish("one", {"a": "1"})
    before = children()
    read(repositories, desk)
    (child,) = children() - before

    os.kill(child, signal.SIGKILL)

    assert read(repositories, desk) == b"1"
    (other,) = children() - before
    assert other != child


def test_no_child_is_left_after_close(desk: Desk) -> None:
    desk.work.publish("one", {"a": "1"})
    before = children()
    repositories = desk.open()
    read(repositories, desk)
    assert children() != before

    repositories.close()

    assert children() == before


def test_git_may_be_used_again_after_close(desk: Desk, repositories: GitRepositories) -> None:
    desk.work.publish("one", {"a": "1"})
    read(repositories, desk)
    repositories.close()

    assert read(repositories, desk) == b"1"


def test_only_so_many_readers_stay(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MIRRORS", 2)
    commit = desk.work.publish("one", {"a": "1"})
    before = children()
    repositories = desk.open()

    for number in range(4):
        copy = desk.root / f"served/{number}.git"
        desk.work.git("clone", "--quiet", "--bare", desk.work.origin, copy)
        with repositories.tree(record(str(copy)), commit) as tree:
            assert tree.read("a") == b"1"

    assert len(children() - before) == 2


def test_a_fork_reads_through_a_child_of_its_own(desk: Desk, repositories: GitRepositories) -> None:
    desk.work.publish("one", {"a": "1"})
    read(repositories, desk)
    ours = children()

    def reads_by_itself() -> bool:
        same = read(repositories, desk) == b"1" and len(children()) == 1
        repositories.close()
        return same and not children()

    assert in_fork(reads_by_itself)
    assert children() == ours
    assert read(repositories, desk) == b"1"
    assert children() == ours


def test_threads_share_a_reader(desk: Desk, repositories: GitRepositories) -> None:
    files: dict[str, str | bytes | None] = {f"f{n}": f"{n}" * 5000 for n in range(50)}
    commit = desk.work.publish("one", files)
    before = children()
    seen: list[bool] = []

    def check() -> None:
        with repositories.tree(desk.served, commit) as tree:
            seen.extend(tree.read(name).decode() == text for name, text in files.items())

    threads = [threading.Thread(target=check) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [True] * 400
    assert len(children() - before) == 1


def test_a_worker_that_is_killed_leaves_no_reader(desk: Desk) -> None:
    commit = desk.work.publish("one", {"a": "1"})
    read_end, write_end = os.pipe()
    forked = os.fork()
    if not forked:
        with desk.open().tree(desk.served, commit) as tree:
            tree.read("a")
        os.write(write_end, f"{next(iter(children()))}\n".encode())
        signal.pause()
    with os.fdopen(read_end) as pipe:
        child = int(pipe.readline())
    os.close(write_end)

    os.kill(forked, signal.SIGKILL)
    os.waitpid(forked, 0)

    until(lambda: not Path(f"/proc/{child}").exists(), within=10, what="the reader is gone")


class Interrupted(Exception):
    """As Celery's soft time limit: raised wherever the process is."""


def test_an_interrupted_reading_never_mixes_up_answers(
    desk: Desk, repositories: GitRepositories
) -> None:
    files: dict[str, str | bytes | None] = {f"f{n}": f"{n}" * 1_000_000 for n in range(10)}
    commit = desk.work.publish("one", files)
    interrupted = 0

    def interrupt(*_: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    with repositories.tree(desk.served, commit) as tree:
        for number in range(200):
            name = f"f{number % 10}"
            assert tree.read("f0").decode() == files["f0"]
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.000_05 * (number % 30 + 1))
                content = tree.read(name)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except Interrupted:
                interrupted += 1
            else:
                assert content.decode() == files[name]
    signal.signal(signal.SIGALRM, before)

    assert interrupted > 10
