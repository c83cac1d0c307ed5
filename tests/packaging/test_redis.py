"""The Redis of compose.yaml and of the chart: its command, run for real but for its paths."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from pydantic import SecretStr

from syncline import embedded
from syncline.settings import StoreSettings
from syncline.store import connection, server
from tests.harness import poll, ports
from tests.packaging import chart
from tools import pins

PASSWORD = "c2VjcmV0-_"


def of_compose() -> str:
    compose = yaml.safe_load((pins.ROOT / "compose.yaml").read_text())
    return str(compose["services"]["redis"]["command"][-1]).replace("$$", "$")


def of_the_chart() -> str:
    templates = dict(chart.pods(chart.rendered(None, "redis.builtin.enabled=true")))
    return str(templates["syncline-redis"]["spec"]["containers"][0]["command"][-1])


@contextmanager
def started(script: str, directory: Path) -> Iterator[str]:
    """Runs the script with its paths in the directory; gives its URL, without a password."""
    (directory / "data").mkdir()
    (directory / "redis-server").symlink_to(embedded.find())
    (directory / "redis-password").write_text(f"{PASSWORD}\n")
    port = ports.free()
    for there, here in {
        "/run/secrets/redis-password": directory / "redis-password",
        "/run/secrets/redis/redis-password": directory / "redis-password",
        "/tmp/redis.conf": directory / "redis.conf",
        "--dir /data": f"--bind 127.0.0.1 --port {port} --dir {directory / 'data'}",
    }.items():
        script = script.replace(there, str(here))
    path = {"PATH": f"{directory}:{os.environ['PATH']}"}
    with subprocess.Popen(["sh", "-ceu", script], env=path, stdout=subprocess.DEVNULL) as server:
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()


def answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.AuthenticationError:
        return True
    except redis.ConnectionError:
        return False


@pytest.mark.parametrize("script", [of_compose, of_the_chart])
def test_it_wants_the_password_of_the_file_and_loses_nothing(script: Any, tmp_path: Path) -> None:
    with started(script(), tmp_path) as url:
        poll.until(lambda: answers(url), within=10, what=f"an answer of {url}")
        with redis.Redis.from_url(url) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()

        settings = StoreSettings(url=SecretStr(url), password_file=tmp_path / "redis-password")
        store = connection.connect(settings, key=None)

        assert server.require(settings) == []
        assert store.redis.config_get("appendfsync")["appendfsync"] == "everysec"
        assert store.redis.config_get("maxmemory")["maxmemory"] == str(1024**3)
        assert (tmp_path / "redis.conf").stat().st_mode & 0o077 == 0
        store.close()
