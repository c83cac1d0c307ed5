"""`syncline worker`: what its options become, and what they may not be."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import redis
import typer
from click.testing import Result
from flower.options import options
from typer.testing import CliRunner

from syncline.contract import roll
from syncline.contract.celery import create_app
from syncline.contract.roll import Worker
from syncline.main import capacity, roles
from syncline.main import worker as workers
from syncline.model.seal import PlatformKey
from syncline.settings import Settings
from tests.harness.poll import until
from tests.harness.redis import Redis


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines of Celery that were started."""
    lines: list[list[str]] = []
    monkeypatch.setattr(os, "execvpe", lambda _file, argv, _env: lines.append(argv))
    return lines


def worker(*options: str) -> Result:
    app = typer.Typer()
    roles.register(app)
    return CliRunner().invoke(app, ["worker", *options])


def value(argv: list[str], option: str) -> str:
    return argv[argv.index(option) + 1]


def test_it_serves_the_lanes_that_are_named(started: list[list[str]]) -> None:
    ended = worker("--lanes", "push, user,push")

    assert ended.exit_code == 0, ended.output
    assert value(started[0], "--queues") == "push,user"


@pytest.mark.parametrize(
    ("lane", "meant"), [("usr", "user"), ("Push", "push"), ("drfit", "drift"), ("looup", "lookup")]
)
def test_a_misspelt_lane_is_an_error_that_names_the_nearest(
    started: list[list[str]], lane: str, meant: str
) -> None:
    ended = worker("--lanes", f"user,{lane}")

    assert (ended.exit_code, started) == (2, [])
    said = " ".join(ended.output.replace("│", " ").split())
    assert f"there is no lane '{lane}': did you mean {meant}?" in said


def test_auto_asks_the_machine(started: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "cpus", lambda: 3.0)
    monkeypatch.setattr(capacity, "memory", lambda: 64_000_000_000)

    worker("--concurrency", "auto")

    assert value(started[0], "--concurrency") == "6"


@pytest.mark.parametrize("given", ["0", "-1", "many", "1.5"])
def test_any_other_word_or_number_is_refused(started: list[list[str]], given: str) -> None:
    ended = worker("--concurrency", given)

    assert (ended.exit_code, started) == (2, [])


@pytest.mark.parametrize(
    ("cpus", "memory", "runs"),
    [(2, 64_000_000_000, 4), (0.5, 64_000_000_000, 1), (8, 1_700_000_000, 4), (4, 100, 1)],
)
def test_as_many_run_at_once_as_cpus_and_memory_allow(cpus: float, memory: int, runs: int) -> None:
    assert capacity.fitting(cpus, memory) == runs


@pytest.mark.parametrize(
    "files",
    [
        {"cpu.max": "50000 100000\n", "memory.max": "1073741824\n"},
        {
            "cpu/cpu.cfs_quota_us": "50000\n",
            "cpu/cpu.cfs_period_us": "100000\n",
            "memory/memory.limit_in_bytes": "1073741824\n",
        },
    ],
    ids=["v2", "v1"],
)
def test_the_limits_of_a_container_count(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    assert (capacity.cpus(tmp_path), capacity.memory(tmp_path)) == (0.5, 1 << 30)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"cpu.max": "max 100000\n", "memory.max": "max\n"},
        {
            "cpu/cpu.cfs_quota_us": "-1\n",
            "cpu/cpu.cfs_period_us": "100000\n",
            "memory/memory.limit_in_bytes": "9223372036854771712\n",
        },
    ],
    ids=["none", "v2", "v1"],
)
def test_without_limits_it_is_the_host(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert capacity.cpus(tmp_path) == len(os.sched_getaffinity(0))
    assert capacity.memory(tmp_path) == physical


def test_flower_keeps_so_much_and_no_more() -> None:
    argv = workers.flower(host="127.0.0.1", port=5555)

    bounds = {"--max-tasks=10000", "--purge-offline-workers=300", "--inspect-timeout=2000"}
    assert bounds <= set(argv)
    assert "--read-only" in argv
    names = {each.removeprefix("--").partition("=")[0] for each in bounds}
    assert names <= {each.replace("_", "-") for each in options}


def test_a_process_is_replaced_at_the_size_that_is_reckoned_with() -> None:
    limit = create_app(Settings(), name="test").conf.worker_max_memory_per_child

    assert limit * 1000 == capacity.PROCESS


def test_a_live_worker_is_on_the_roll_until_it_ends(redis_server: Redis, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(PlatformKey.generate())
    environment = {"SYNCLINE_STORE_URL": redis_server.url, "SYNCLINE_KEY_FILE": str(key)}
    command = [sys.executable, "-m", "syncline", "worker", "--name", "w1", "--no-events"]
    options = ["--lanes", "push,user", "--concurrency", "2"]
    with (
        redis.Redis.from_url(redis_server.url) as client,
        subprocess.Popen([*command, *options], env={**os.environ, **environment}) as worker,
    ):
        try:
            seen = until(lambda: roll.present(client), within=60, what="it signs", every=0.1)
            host = socket.gethostname()
            assert seen == [Worker(name=f"w1@{host}", slots=2, lanes=("push", "user"))]
            worker.terminate()
            until(lambda: not roll.present(client), within=60, what="it leaves", every=0.1)
        finally:
            worker.kill()
