"""The Celery app that both planes share: its settings are part of the contract.

The publisher (scheduler) and the workers must agree on the visibility timeout, the key prefix and
the queues, so both get their app here. Each setting's reason stands beside it; what was measured is
in ``docs/``. The result backend is not set here: only workers have one. No delays, priorities,
canvas or task retries go through Celery: delays live in the store's ``due`` set.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

from celery import Celery
from kombu.entity import Queue
from kombu.messaging import Producer

from syncline.contract import order, queues, transport
from syncline.contract.tasks import TASKS, Payload, Task
from syncline.errors import InvalidDocument
from syncline.settings import RunSettings, Settings
from syncline.settings.address import Address


def create_app(settings: Settings, *, name: str) -> Celery:
    """Make the app of one role. Nothing connects yet.

    Args:
        settings: all settings; ``store`` and ``run`` are used.
        name: the app's name, for example ``syncline-worker``; for people and logs.

    Raises:
        InvalidDocument: the visibility timeout does not exceed the hard limit of a run, so that
            Redis would deliver running work twice.
    """
    transport.install()
    app = Celery(name, set_as_current=False)
    app.conf.update(_broker(settings) | _tasks(settings.run) | _WORKER)
    return app


def send(
    app: Celery,
    task: Task[Payload],
    payload: Payload,
    *,
    task_id: str,
    queue: str | None = None,
    producer: Producer | None = None,
) -> None:
    """Publish one task: its only argument is the payload as a mapping, unpacked by ``unpack``.

    People (Flower, logs) see the payload's name instead of its ids.

    Args:
        app: what ``create_app`` made.
        task: one of ``contract.tasks.TASKS``.
        payload: ids and names, below 1 KB.
        task_id: the message's id; one id sent twice shows as one task.
        queue: one of ``contract.queues.ALL``; None: the task's own.
        producer: a producer to go through, with its batch; None: one of the app's pool.

    Raises:
        kombu.exceptions.OperationalError: the broker is away; the task may or may not be queued.
    """
    app.send_task(
        task.name,
        args=(payload.model_dump(mode="json"),),
        argsrepr=getattr(payload, "name", "") or task_id,
        kwargsrepr="",
        task_id=task_id,
        queue=queue or task.queue,
        producer=producer,
    )


def unpack(task: Task[Payload], argument: Mapping[str, Any]) -> Payload:
    """Read a task's argument; fields of a newer release are ignored."""
    return task.payload.model_validate(argument)


def broker_url(settings: Settings) -> str:
    """Return where messages travel, as kombu writes it: a secret.

    ``unix://`` becomes ``redis+socket://``. Each Sentinel gets a URL with all in it: kombu forgets
    the others' when it goes on to the next.
    """
    address = settings.store.broker_address()
    if address.socket:
        return f"redis+socket://{address.userinfo}{address.socket}?virtual_host={address.database}"
    scheme = "sentinel" if address.master else address.scheme
    return ";".join(
        f"{scheme}://{address.userinfo}{host}/{address.database}" for host in address.hosts
    )


def _broker(settings: Settings) -> dict[str, Any]:
    address = settings.store.broker_address()
    run = settings.run
    if run.visibility <= run.hard_limit:
        raise InvalidDocument(
            "SYNCLINE_RUN_VISIBILITY",
            f"{run.visibility} must exceed SYNCLINE_RUN_HARD_LIMIT ({run.hard_limit}): "
            "else Redis delivers a message again while its run still works",
        )
    return {
        "broker_url": broker_url(settings),
        "broker_use_ssl": _tls(address),
        "broker_transport_options": {
            "visibility_timeout": run.visibility.total_seconds(),
            "priority_steps": [0],  # one list for each queue: LLEN tells the truth
            "queue_order_strategy": order.STRATEGY,
            "health_check_interval": 10,  # finds half-open sockets
            "socket_keepalive": True,
            "socket_connect_timeout": 5,
            # Seconds; must exceed the 1 s of a blocking pop. A primary that hangs is left after it.
            "socket_timeout": 15,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            "global_keyprefix": queues.BROKER_PREFIX,
            "max_connections": 20,
            "client_name": "syncline",
            **_sentinels(address),
        },
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # the default gives up after 100
        "broker_pool_limit": 10,
        # A publisher must not hang where the broker is away: what is lost is sent again.
        "task_publish_retry": False,
    }


def _tls(address: Address) -> dict[str, Any] | None:
    """Certificates are checked always: kombu would check none unless told to."""
    if address.tls is None:
        return None
    return {"ssl_cert_reqs": ssl.CERT_REQUIRED, **address.tls}


def _sentinels(address: Address) -> dict[str, Any]:
    if not address.master:
        return {}
    return {"master_name": address.master, "sentinel_kwargs": address.sentinel_options()}


def _queue(name: str) -> Queue:
    return Queue(name, routing_key=name)  # type: ignore[no-untyped-call]


def _tasks(run: RunSettings) -> dict[str, Any]:
    return {
        "task_queues": [_queue(name) for name in queues.ALL],
        "task_routes": {task.name: {"queue": task.queue} for task in TASKS},
        "task_default_queue": queues.PUSH,
        "task_create_missing_queues": False,  # a misspelt queue is an error, not a black hole
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        "task_acks_late": True,  # a killed worker's message comes back
        "task_acks_on_failure": True,
        "task_acks_on_timeout": True,
        # True makes a crash loop without a counter; the store's sweep counts attempts instead.
        "task_reject_on_worker_lost": False,
        "worker_soft_shutdown_timeout": run.grace.total_seconds(),  # needs REMAP_SIGTERM=SIGQUIT
        "task_soft_time_limit": run.soft_limit.total_seconds(),
        "task_time_limit": run.hard_limit.total_seconds(),
        "task_ignore_result": True,  # tasks with a report say otherwise themselves
        "task_send_sent_event": False,
        "result_expires": 3600,
        "enable_utc": True,
    }


_WORKER: dict[str, Any] = {
    "worker_prefetch_multiplier": 1,
    "worker_disable_prefetch": True,  # the best tail of latency; no hidden backlog
    # A new child costs about 0.4 s of CPU: connections, discovery, a git process. What leaks is
    # bounded by memory.
    "worker_max_tasks_per_child": 10_000,
    "worker_max_memory_per_child": 400_000,  # kB
    # True would have an idle worker wait the whole time-out, for ETA tasks that we never send.
    "worker_enable_soft_shutdown_on_idle": False,
    "worker_send_task_events": False,  # doubles the cost of a task; on where Flower is used
    "worker_hijack_root_logger": False,
    "worker_proc_alive_timeout": 30,  # the default of 4 s kills fresh children on a busy host
    "worker_detect_quorum_queues": False,  # Redis has none
    "worker_cancel_long_running_tasks_on_connection_loss": False,  # fences make it needless
}
