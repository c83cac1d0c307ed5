"""What both planes' Celery app promises, as far as it can be told without a broker."""

import ssl
from datetime import timedelta

import pytest
from celery.exceptions import QueueNotFound
from kombu.transport import resolve_transport
from pydantic import SecretStr

from syncline.contract import queues, transport
from syncline.contract.celery import broker_url, create_app, unpack
from syncline.contract.tasks import RECONCILE, TASKS, ReconcilePayload
from syncline.errors import InvalidDocument
from syncline.model.names import TargetId
from syncline.settings import RunSettings, Settings, StoreSettings


def settings(url: str = "redis://127.0.0.1:1/0", **run: timedelta) -> Settings:
    store = StoreSettings(url=SecretStr(url), master="main")
    return Settings(store=store, run=RunSettings(**run))


def test_every_task_has_its_queue_and_there_are_no_others() -> None:
    app = create_app(settings(), name="test")

    assert {t.name: app.amqp.router.route({}, t.name)["queue"].name for t in TASKS} == {
        t.name: t.queue for t in TASKS
    }
    assert tuple(app.amqp.queues) == queues.ALL


def test_a_misspelt_queue_is_an_error() -> None:
    app = create_app(settings(), name="test")

    with pytest.raises(QueueNotFound):
        app.amqp.router.route({"queue": "usr"}, RECONCILE.name)


def test_only_json_is_spoken() -> None:
    conf = create_app(settings(), name="test").conf

    assert (conf.task_serializer, conf.result_serializer) == ("json", "json")
    assert conf.accept_content == ["json"]


def test_broker_keys_have_a_prefix_of_their_own() -> None:
    conf = create_app(settings(), name="test").conf

    assert conf.broker_transport_options["global_keyprefix"] == "syncline:broker:"


def test_a_message_is_never_redelivered_while_its_run_may_still_work() -> None:
    with pytest.raises(InvalidDocument, match="SYNCLINE_RUN_VISIBILITY"):
        create_app(settings(visibility=timedelta(seconds=600)), name="test")


@pytest.mark.parametrize("scheme", ["redis", "rediss", "sentinel"])
def test_each_scheme_gets_the_guarded_transport(scheme: str) -> None:
    app = create_app(settings(f"{scheme}://127.0.0.1:1/0"), name="test")

    with app.connection_for_write() as connection:
        assert connection.transport_cls == scheme
        assert issubclass(
            connection.transport.Channel, (transport.Channel, transport.SentinelChannel)
        )
    assert resolve_transport(scheme).__module__ == transport.__name__


def test_a_tls_broker_is_spoken_to_by_tls_and_checked() -> None:
    app = create_app(settings("rediss://127.0.0.1:1/0"), name="test")

    with app.connection_for_write() as connection:
        assert connection.ssl == {"ssl_cert_reqs": ssl.CERT_REQUIRED}


def test_a_broker_apart_from_the_store_is_used() -> None:
    apart = Settings(store=StoreSettings(broker_url=SecretStr("redis://127.0.0.1:2/3")))

    assert create_app(apart, name="test").conf.broker_url == "redis://127.0.0.1:2/3"


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock?virtual_host=0"),
        ("unix:///r.sock?db=2&password=pw", "redis+socket://:pw@/r.sock?virtual_host=2"),
        ("unix://me:pw@/r.sock", "redis+socket://me:pw@/r.sock?virtual_host=0"),
    ],
)
def test_a_socket_is_written_as_kombu_wants_it(written: str, spoken: str) -> None:
    assert broker_url(settings(written)) == spoken


def test_a_payload_of_a_newer_release_is_read() -> None:
    written = {"target": "a.b", "ticket": "a.b.1", "name": "web@one", "colour": "blue"}

    assert unpack(RECONCILE, written) == ReconcilePayload(
        target=TargetId("a.b"), ticket="a.b.1", name="web@one"
    )
