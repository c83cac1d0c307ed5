"""`syncline init` beside a role: what it prints is what an administrator goes on with."""

from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from syncline.errors import StoreUnavailable
from syncline.main import init
from syncline.model.access import Scope
from syncline.model.seal import PlatformKey
from syncline.store import fleet, migrations, tokens
from syncline.store.connection import Store
from tests.harness.redis import Redis


class Role:
    """The command beside a role, as far as settings go."""

    def __init__(self, url: str, directory: Path) -> None:
        key = directory / "platform-key"
        key.write_text(PlatformKey.generate())
        self._environment = {"SYNCLINE_STORE_URL": url, "SYNCLINE_KEY_FILE": str(key)}
        self._app = typer.Typer()
        init.register(self._app)

    def init(self, *options: str) -> Result:
        return CliRunner().invoke(self._app, list(options), env=self._environment)


@pytest.fixture
def role(redis_server: Redis, tmp_path: Path) -> Role:
    return Role(redis_server.url, tmp_path)


def test_it_prepares_the_store_and_prints_a_token_that_may_do_everything(
    role: Role, store: Store
) -> None:
    done = role.init()

    assert done.exit_code == 0, done.stderr
    found = tokens.verify(store, done.stdout.strip())
    assert found
    assert (found.name, found.scopes) == ("administrator", (Scope.ADMIN,))
    assert f"installation {migrations.installation(store)}\n" in done.stderr


def test_run_again_it_changes_nothing_and_prints_no_token(role: Role, store: Store) -> None:
    role.init()

    again = role.init()

    assert (again.exit_code, again.stdout) == (0, "")
    assert "`syncline init --new-token` makes another" in again.stderr
    assert len(tokens.page(store)) == 1


def test_a_lost_token_is_replaced_when_asked(role: Role, store: Store) -> None:
    first, second = role.init().stdout, role.init("--new-token").stdout

    assert second not in {first, ""}
    assert tokens.verify(store, second.strip())


def test_it_follows_a_fleet_repository(role: Role, store: Store) -> None:
    done = role.init("--fleet", "https://git.example.com/fleet.git", "--path", "clusters")

    followed = fleet.followed(store)
    assert followed
    assert (followed.revision, followed.path) == ("HEAD", "clusters")
    assert "follows https://git.example.com/fleet.git at HEAD, directory clusters" in done.stderr


def test_it_warns_of_a_redis_that_loses_state(role: Role) -> None:
    assert "warning: Redis: appendonly is off" in role.init().stderr


def test_without_redis_it_says_so(tmp_path: Path) -> None:
    done = Role("redis://127.0.0.1:1/0", tmp_path).init()

    assert isinstance(done.exception, StoreUnavailable)
    assert done.stdout == ""
