"""What a run noted outlives its process, and is found by its ticket."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from syncline_workers import recorder

RUN = """
import sys
from syncline_workers import recorder
recorder.begin("t.1")
recorder.note("render")
print("noted", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where records are kept."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(recorder, "_book", None)
    return tmp_path


def run(place: Path) -> "subprocess.Popen[str]":
    """Another process, in the middle of a run."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(place)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "noted\n"
    return process


def kill(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def files(place: Path) -> list[Path]:
    return list(place.glob("syncline-runs-*/*"))


def test_what_a_killed_process_noted_is_found_by_its_ticket(place: Path) -> None:
    kill(run(place))

    assert " render (peak " in recorder.recover("t.1")

    assert (recorder.recover("t.1"), files(place)) == ("", [])


def test_the_record_of_a_process_that_lives_stays(place: Path) -> None:
    process = run(place)

    assert " render (peak " in recorder.recover("t.1")
    assert list(recorder.left()) == []

    assert len(files(place)) == 1
    kill(process)


def test_the_next_worker_finds_what_the_one_before_left(place: Path) -> None:
    kill(run(place))

    [(ticket, lines)] = recorder.left()

    assert (ticket, lines.split(" ")[1]) == ("t.1", "render")
    assert files(place) == []


def test_a_new_run_begins_a_new_record() -> None:
    recorder.begin("t.1")
    recorder.note("one")
    recorder.begin("t.2")
    recorder.note("two")

    assert [line.split(" ")[1] for line in recorder.text().splitlines()] == ["two"]
    assert recorder.recover("t.1") == ""


def test_of_many_lines_the_last_ones_are_kept() -> None:
    recorder.begin("t.1")
    for number in range(2000):
        recorder.note(f"step-{number} ü")

    kept = [line.split(" ")[1] for line in recorder.recover("t.1").splitlines()]

    assert kept[-1] == "step-1999"
    assert 10 < len(kept) < 200
    assert kept == [f"step-{number}" for number in range(2000 - len(kept), 2000)]


def test_a_line_is_one_line_and_not_endless() -> None:
    recorder.begin("t.1")
    recorder.note("a\nb\0c" + "d" * 5000)

    [line] = recorder.text().splitlines()
    assert "a b c" in line
    assert len(line) < 500


def test_a_disk_that_is_full_stops_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)

    recorder.begin("t.1")
    recorder.note("render")

    assert "render" in recorder.text()
