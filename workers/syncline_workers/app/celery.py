"""The Celery app of a worker: the contract's settings, our result backend, every task."""

from __future__ import annotations

import gc
import logging
import os
from typing import Any

from celery import signals
from celery.worker import state

from syncline import logs, pulse
from syncline.contract.celery import create_app
from syncline.errors import Permanent, StoreUnavailable
from syncline.settings import Settings, strays
from syncline.store import server
from syncline_workers import recorder, tasks
from syncline_workers.app import subject  # noqa: F401 - listens to the tasks' begin and end
from syncline_workers.app.affinity import Affinity
from syncline_workers.app.process import Process
from syncline_workers.app.signing import Signature
from syncline_workers.app.tracing import Tracing
from syncline_workers.results import folding

log = logs.get(__name__)
settings = Settings()
tracing = Tracing(os.environ, objects=settings.trace.objects)
process = Process(settings, begin=tracing.install())

app = create_app(settings, name="syncline-worker")
app.conf.update(
    result_backend="syncline_workers.results.backend:FleetBackend",
    result_backend_always_retry=True,
    result_backend_max_retries=10,  # about 25 s; then the sweep redoes the run
    result_backend_base_sleep_between_retries_ms=100,
    result_backend_max_sleep_between_retries_ms=5000,
    worker_consumer="syncline_workers.app.consumer:BatchingConsumer",
)
app.syncline_store = process.store  # what the result backend folds into
tasks.register(app, process.ports, Affinity(app, process.ports))
signature = Signature()
signature.connect()


@signals.setup_logging.connect
def _log(**_: Any) -> None:
    """One log set-up for all roles; connected, it also keeps Celery's own away."""
    logs.configure(level=settings.log.level, json_lines=settings.log.json_lines)
    strays.warn(os.environ)
    tracing.warn()
    _keep_warnings()
    for name in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(name).setLevel(logging.WARNING)  # one line a run is ours to write


@signals.worker_ready.connect
def _take_over(**_: Any) -> None:
    """The worker before this one on this disk may have been killed as a whole."""
    try:
        folding.fold_left(process.store())
    except StoreUnavailable as exc:  # then the leases run out by themselves
        log.warning("what a killed worker left is not looked at", error=str(exc))


@signals.worker_process_init.connect
def _settle(**_: Any) -> None:
    """What came along with the fork stays: collecting it would cost time, and copy its pages."""
    gc.freeze()


@signals.worker_ready.connect
def _look_at_redis(**_: Any) -> None:
    """Warn of what Redis may lose, and end where it is one that no role starts with.

    Whoever started this worker may have looked in vain: Redis was away then.
    """
    try:
        for warning in server.require(settings.store):
            log.warning("Redis is not safe", warning=warning)
    except StoreUnavailable as exc:
        log.warning("Redis is not looked at", error=str(exc))
    except Permanent as exc:
        log.error("the worker ends", reason=exc.reason, error=str(exc))  # noqa: TRY400 - says it all
        state.should_stop = 1  # the loop looks at it before it takes a message


@signals.task_postrun.connect
def _tidy(**_: Any) -> None:
    """Between two tasks, when the result is stored: no run waits for it."""
    process.tidy()


def _keep_warnings() -> None:
    """What a run warns of stands in its record, too."""
    root = logging.getLogger()
    kept = _Record(logging.WARNING)
    kept.setFormatter(root.handlers[0].formatter)
    root.addHandler(kept)


class _Record(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        recorder.note(self.format(record))


@signals.worker_process_shutdown.connect
def _close(**_: Any) -> None:
    """A child that ends leaves no git process behind."""
    process.close()


@signals.heartbeat_sent.connect
def _beat(sender: Any, **_: Any) -> None:
    """The main process's loop went round, every 2 s while the broker answers.

    The first and the last heartbeat come from outside of the loop, while there is no timer.
    """
    if sender.tref is not None:
        pulse.beat(settings.pulse.file)
