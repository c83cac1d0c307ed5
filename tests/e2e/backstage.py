"""Behind the scenes of a world: its store, and roles beside ``syncline up``.

Both as an administrator has them, who knows where the store is and where its secrets lie.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from syncline.model.seal import PlatformKey
from syncline.settings import Settings, StoreSettings
from syncline.store import connection
from syncline.store.connection import Store
from tests.e2e.world import World

ENDS = 30.0  # seconds that a role may take to end


def environment(world: World) -> dict[str, str]:
    """What a role beside the others needs: where the store is, and where its secrets lie."""
    return {
        "SYNCLINE_STORE_URL": f"redis://127.0.0.1:{_port(world)}/0",
        "SYNCLINE_STORE_PASSWORD_FILE": str(world.data / "redis-password"),
        "SYNCLINE_KEY_FILE": str(world.data / "key"),
        "SYNCLINE_CREDENTIALS": str(world.data / "credentials"),
        **world.environment,
    }


def settings(world: World) -> Settings:
    """The same as values."""
    store = StoreSettings(
        url=SecretStr(f"redis://127.0.0.1:{_port(world)}/0"),
        password_file=world.data / "redis-password",
    )
    return Settings(store=store)


@contextmanager
def store(world: World) -> Iterator[Store]:
    """The world's store."""
    key = PlatformKey.parse((world.data / "key").read_text().strip())
    opened = connection.connect(settings(world).store, key=key)
    yield opened
    opened.close()


@contextmanager
def role(world: World, *arguments: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A role beside ``up``, ended after the block; what it says is appended to the log."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "syncline", *arguments],
            env={**os.environ, **environment(world)},
            stdout=out,
            stderr=out,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(ENDS)


def _port(world: World) -> int:
    return int((world.data / "redis" / "port").read_text())
