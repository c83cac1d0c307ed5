"""Every role on a Redis that speaks TLS only, and asks whoever connects for a certificate."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.operated import operated
from tests.harness.poll import until
from tests.harness.redis import Redis
from tests.harness.tls import Authority, front


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Where Redis is, who signed its certificate, and which one is shown to it."""
    directory = tmp_path / "certificates"
    directory.mkdir()
    authority = Authority(directory, "ours")
    own = authority.issue("syncline")
    redis = Redis(tmp_path / "redis", persistent=True)
    redis.start()
    behind = urlsplit(redis.url)
    try:
        with front(behind.port or 0, authority.issue("redis"), clients=authority) as port:
            yield {
                "SYNCLINE_STORE_URL": f"rediss://:{behind.password}@127.0.0.1:{port}/0",
                "SYNCLINE_STORE_CA_FILE": str(authority.file),
                "SYNCLINE_STORE_CERTIFICATE_FILE": str(own.certificate),
                "SYNCLINE_STORE_CERTIFICATE_KEY_FILE": str(own.key),
            }
    finally:
        redis.stop()


@pytest.mark.slow
def test_a_fleet_converges_over_tls_and_every_role_works(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    with operated(tmp_path / "syncline", environment) as world:
        world.converge(world.roll_out("over TLS"), within=120)

        failed = [check for check in world.get("doctor")["checks"] if not check["ok"]]
        assert failed == []
        until(world.is_watched, within=60, what="both workers in Flower", every=0.5)
