"""A worker looks at its Redis when it is ready: whoever started it may have looked in vain."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from syncline.main import worker
from syncline.model.seal import PlatformKey
from tests.harness.poll import until
from tests.harness.redis import Redis

START = 60.0  # seconds; 5 on a quiet machine


@contextmanager
def started(server: Redis, directory: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker as `syncline up` starts it, without the look of `syncline worker`."""
    key = directory / "key"
    key.write_text(PlatformKey.generate())
    environment = {"SYNCLINE_STORE_URL": server.url, "SYNCLINE_KEY_FILE": str(key)}
    with (
        (directory / "log").open("wb") as log,
        subprocess.Popen(
            worker.command(name="w1", concurrency=1, lanes=("user",)),
            env={**os.environ, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def said(directory: Path) -> str:
    return (directory / "log").read_text()


def test_it_warns_of_a_redis_that_loses_state(redis_server: Redis, tmp_path: Path) -> None:
    with started(redis_server, tmp_path):
        until(lambda: "Redis is not safe" in said(tmp_path), within=START, what="it warns")

    assert "Redis: appendonly is off" in said(tmp_path)


def test_it_ends_on_a_redis_that_may_drop_state(own_redis: Redis, tmp_path: Path) -> None:
    with redis.Redis.from_url(own_redis.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")

    with started(own_redis, tmp_path) as process:
        assert process.wait(START) == 1

    assert "the worker ends" in said(tmp_path)
    assert "maxmemory-policy is allkeys-lru: Redis may drop state" in said(tmp_path)
