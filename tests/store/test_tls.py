"""A Redis that speaks TLS: which certificates are believed, and what is said of the others."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from syncline.contract.celery import create_app
from syncline.errors import BrokerUnavailable, StoreUnavailable
from syncline.scheduler.publisher import Broker
from syncline.settings import Settings, StoreSettings
from syncline.store import connection, due
from tests.harness.redis import Redis
from tests.harness.tls import Authority, front


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ours"), "ours")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"), "stranger")


@pytest.fixture
def port(redis_server: Redis, ours: Authority) -> Iterator[int]:
    with front(urlsplit(redis_server.url).port or 0, ours.issue("redis")) as found:
        yield found


def settings(server: Redis, port: int, *, host: str = "127.0.0.1", **files: Path) -> StoreSettings:
    password = urlsplit(server.url).password
    url = SecretStr(f"rediss://:{password}@{host}:{port}/0")
    return StoreSettings(url=url, **files)  # type: ignore[arg-type]


def refused(chosen: StoreSettings) -> str:
    store = connection.connect(chosen, key=None)
    with pytest.raises(StoreUnavailable) as caught:
        connection.ping(store)
    store.close()
    return caught.value.detail


def test_store_and_broker_are_spoken_to_where_the_authority_is_known(
    redis_server: Redis, port: int, ours: Authority
) -> None:
    chosen = settings(redis_server, port, ca_file=ours.file)
    store = connection.connect(chosen, key=None)
    broker = Broker(create_app(Settings(store=chosen), name="test"))

    due.add(store, "lookup:x")

    assert due.waits(store)[0] == 1
    assert broker.load().running == 0
    broker.close()
    store.close()


def test_an_authority_that_is_not_known_is_named_with_the_setting(
    redis_server: Redis, port: int, stranger: Authority
) -> None:
    for files in ({}, {"ca_file": stranger.file}):
        said = refused(settings(redis_server, port, **files))
        assert "no trusted authority signed its certificate" in said
        assert "SYNCLINE_STORE_CA_FILE" in said


def test_the_broker_says_the_same(redis_server: Redis, port: int, stranger: Authority) -> None:
    chosen = settings(redis_server, port, ca_file=stranger.file)
    broker = Broker(create_app(Settings(store=chosen), name="test"))

    with pytest.raises(BrokerUnavailable, match="SYNCLINE_STORE_CA_FILE"):
        broker.load()
    broker.close()


def test_a_certificate_of_another_name_is_refused(
    redis_server: Redis, ours: Authority, stranger: Authority
) -> None:
    behind = urlsplit(redis_server.url).port or 0
    with front(behind, ours.issue("elsewhere", address="127.0.0.2")) as port:
        said = refused(settings(redis_server, port, ca_file=ours.file))

    assert "its certificate is for another name" in said


def test_a_server_that_asks_for_a_certificate_is_shown_ours(
    redis_server: Redis, ours: Authority, stranger: Authority
) -> None:
    behind, own = urlsplit(redis_server.url).port or 0, ours.issue("syncline")
    with front(behind, ours.issue("redis"), clients=ours) as port:
        shown = {"certificate_file": own.certificate, "certificate_key_file": own.key}
        chosen = settings(redis_server, port, ca_file=ours.file, **shown)
        store = connection.connect(chosen, key=None)
        broker = Broker(create_app(Settings(store=chosen), name="test"))

        assert connection.ping(store)
        assert broker.load().running == 0
        assert refused(settings(redis_server, port, ca_file=ours.file))
        broker.close()
        store.close()


def test_a_file_that_is_no_certificate_is_named(
    redis_server: Redis, port: int, tmp_path: Path
) -> None:
    file = tmp_path / "ca"
    file.write_text("no certificate")

    assert "SYNCLINE_STORE_CA_FILE" in refused(settings(redis_server, port, ca_file=file))
