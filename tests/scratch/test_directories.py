"""Private directories go with their process, at the latest when another one clears up."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from syncline_workers import scratch

HOLDER = """
import sys, time
from syncline_workers import scratch
with scratch.directory("ssh") as place:
    (place / "key").write_text("PRIVATE KEY")
    print(place, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary directories are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "YOUNG", 0.0)
    return tmp_path


def holder(place: Path) -> "subprocess.Popen[str]":
    """Another process that has a directory."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"TMPDIR": str(place), "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def test_a_directory_is_private_and_gone_at_the_end(place: Path) -> None:
    with scratch.directory("tree") as made:
        assert made.parent == place
        assert made.name.startswith("syncline-tree-")
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
        (made / "a").write_text("x")

    assert list(place.iterdir()) == []


def test_what_is_in_use_here_is_left_alone(place: Path) -> None:
    with scratch.directory("render") as made:
        assert scratch.clear() == 0
        assert made.exists()


def test_what_a_killed_process_left_is_removed_and_not_before(place: Path) -> None:
    with holder(place) as process:
        assert process.stdout is not None
        made = Path(process.stdout.readline().strip())
        assert scratch.clear() == 0
        assert (made / "key").exists()
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert (made / "key").exists()

        assert scratch.clear() == 1

    assert list(place.iterdir()) == []


def test_what_was_just_made_is_left_alone(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "YOUNG", 600.0)
    (place / "syncline-tree-abc").mkdir()

    assert scratch.clear() == 0

    os.utime(place / "syncline-tree-abc", (time.time() - 601,) * 2)
    assert scratch.clear() == 1


@pytest.mark.parametrize("name", ["syncline-other-abc", "tree-abc", "syncline-tree-a.b"])
def test_directories_of_others_are_not_touched(place: Path, name: str) -> None:
    (place / name).mkdir()

    assert scratch.clear() == 0
    assert (place / name).exists()


def test_links_and_files_are_not_followed_or_removed(place: Path) -> None:
    (place / "mine").mkdir()
    (place / "mine/file").write_text("x")
    (place / "syncline-tree-link").symlink_to(place / "mine")
    (place / "syncline-tree-file").write_text("x")

    assert scratch.clear() == 0
    assert (place / "mine/file").exists()


def test_secrets_go_where_they_are_told_and_back_again(place: Path, tmp_path: Path) -> None:
    memory = tmp_path / "memory"
    memory.mkdir()

    with scratch.within(memory):
        with scratch.directory("render") as inner:
            assert inner.parent == memory
        with scratch.within(None), scratch.directory("tree") as outer:
            assert outer.parent == place

    with scratch.directory("render") as after:
        assert after.parent == place


def test_what_was_left_in_another_place_goes_as_well(place: Path, tmp_path: Path) -> None:
    memory = tmp_path / "memory"
    memory.mkdir()
    killed = holder(memory)
    assert killed.stdout is not None
    left = Path(killed.stdout.readline().strip())
    killed.send_signal(signal.SIGKILL)
    killed.communicate()

    assert scratch.clear() == 0
    assert (left.parent, scratch.clear(memory, tmp_path / "none"), left.exists()) == (
        memory,
        1,
        False,
    )


def test_memory_is_told_from_a_disk() -> None:
    assert scratch.is_memory(Path("/dev/shm"))
    assert not scratch.is_memory(Path("/proc"))
    assert not scratch.is_memory(Path("/usr"))
    assert not scratch.is_memory(Path("/none"))
