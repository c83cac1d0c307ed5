"""The scheduler's loop: take what is due, fill the broker, put right what fell silent, rest.

Each tick is a few round trips; between ticks the loop sleeps on the store's wake list, so that a
new wish starts at once and an idle fleet costs next to nothing. Where store or broker are away it
waits longer and longer, says so once, and goes on where it stood.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread

from syncline import logs, pulse
from syncline.contract.celery import create_app
from syncline.errors import BrokerUnavailable, Permanent, StoreUnavailable
from syncline.scheduler import dispatch, intake
from syncline.scheduler.chores import Chores, new_holder
from syncline.scheduler.pace import SHORTEST, Pace
from syncline.scheduler.publisher import Broker, Publisher
from syncline.settings import Settings
from syncline.store import connection, due, migrations, restoring, runs, server
from syncline.store.connection import Store
from syncline.store.limits import Limits

CLOCK_EVERY = 1.0  # seconds between two looks whether Redis's time went back
COUNT_EVERY = 1.0  # seconds between two looks at who is on the workers' roll
RECOVER_EVERY = 1.0  # seconds between two looks for silent runs
RESTORED_EVERY = 1.0  # seconds between two looks whether a restore has ended
LOOK_EVERY = 0.5  # seconds between two looks whether the loop still lives, or is to stop
GIVE_UP_AFTER = 0.8  # seconds that a tick may take to end once asked to stop
ENDS = (signal.SIGTERM, signal.SIGINT)
FIRST_BACKOFF, LONGEST_BACKOFF = 0.1, 2.0  # seconds

log = logs.get(__name__)


class Loop:
    """One scheduler."""

    def __init__(
        self,
        store: Store,
        publisher: Publisher,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._settings = settings
        self._clock = clock
        own = settings.scheduler
        self._pace = Pace(backlog=own.backlog, most=own.batch)
        self._clock_at = 0.0
        self._count_at = 0.0
        self._recover_at = 0.0
        self.chores = Chores(
            store,
            lease=own.leader_lease,
            holder=new_holder(),
            weights=own.project_weights,
            clock=clock,
        )

    def tick(self) -> float:
        """Do all that can be done now.

        Returns:
            How many seconds the loop may rest unless it is woken.

        Raises:
            StoreUnavailable: the store is away.
            BrokerUnavailable: the broker is away; nothing was taken from the store in vain.
        """
        own = self._settings.scheduler
        if restoring.is_going_on(self._store):
            return RESTORED_EVERY
        load = self._publisher.load()
        now = self._clock()
        if now >= self._clock_at:
            self._follow_clock(now)
        more = intake.take(self._store, self._publisher, load, own.batch)
        now = self._clock()
        if now >= self._recover_at:
            self._recover(now)
        if now >= self._count_at:
            self._count(now)
        self._pace.measure(load.waiting, load.running, now)
        filled = dispatch.fill(self._store, self._publisher, self._pace)
        self.chores.tick()
        if more:
            return SHORTEST
        if self._pace.is_idle:
            return due.wait(self._store, own.idle)
        return self._pace.rest(filled, longest=own.tick.total_seconds())

    def _follow_clock(self, now: float) -> None:
        self._clock_at = now + CLOCK_EVERY
        moved = due.follow_clock(self._store)
        if moved:
            log.warning("Redis's time went back", seconds=moved.back, timers=moved.timers)

    def _count(self, now: float) -> None:
        self._count_at = now + COUNT_EVERY
        self._pace.offered(self._publisher.slots())

    def _recover(self, now: float) -> None:
        self._recover_at = now + RECOVER_EVERY
        silent = runs.requeue_silent(self._store, self._settings.scheduler.batch)
        if silent:
            log.warning("silent runs are tried again", targets=len(silent), first=silent[0])


def run(store: Store, publisher: Publisher, settings: Settings, stop: Event) -> None:
    """Tick until asked to stop; survives the absence of store and broker."""
    loop = Loop(store, publisher, settings)
    patience = _Patience()
    while not stop.is_set():
        pulse.beat(settings.pulse.file)
        try:
            rest = loop.tick()
            patience.reset()
            stop.wait(SHORTEST)  # a loop that is woken all the time must not spin
            _rest(store, max(SHORTEST, rest - SHORTEST), stop)
        except (StoreUnavailable, BrokerUnavailable) as exc:
            stop.wait(patience.after(exc))
        except Exception:  # the boundary: the fleet must not stop for one defect
            log.exception("a tick failed unforeseen")
            stop.wait(LONGEST_BACKOFF)
    try:
        loop.chores.resign()
    except StoreUnavailable:  # the lease runs out by itself
        log.info("the store is away at the end")


def _rest(store: Store, seconds: float, stop: Event) -> None:
    """Sleep until woken, in pieces: a role that is asked to stop ends soon."""
    while seconds > 0 and not stop.is_set():
        if due.sleep(store, timedelta(seconds=min(seconds, LOOK_EVERY))):
            return
        seconds -= LOOK_EVERY


def run_forever(settings: Settings) -> None:
    """Run a scheduler as this process until SIGTERM or SIGINT, then end within a second.

    All state is in Redis, so a tick that hangs on a socket is simply left behind.

    Raises:
        InvalidDocument: settings contradict each other.
        CredentialRefused: a file that holds a secret cannot be read.
    """
    # Nothing is sealed or opened here.
    store = connection.connect(settings.store, key=None, limits=Limits.of(settings))
    broker = Broker(create_app(settings, name="syncline-scheduler"))
    stop = Event()
    arguments = (store, broker, settings, stop)
    thread = Thread(target=_start, args=arguments, daemon=True, name="scheduler")
    # Waited for instead of handled: a handler could interrupt the lock that it needs itself.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    thread.start()
    while not _is_asked_to_end():
        if not thread.is_alive():
            raise SystemExit(1)  # its traceback is in the log
    stop.set()
    thread.join(GIVE_UP_AFTER)
    log.info("scheduler ended", cleanly=not thread.is_alive())


def _is_asked_to_end() -> bool:
    """Wait a little for a signal. One that was paused and goes on gets an answer with no signal."""
    found = signal.sigtimedwait(ENDS, LOOK_EVERY)
    return found is not None and found.si_signo in ENDS


def _start(store: Store, broker: Broker, settings: Settings, stop: Event) -> None:
    try:
        _prepare(store, settings, stop)
    except Permanent as exc:
        log.error("the scheduler cannot start", reason=exc.reason, error=str(exc))  # noqa: TRY400 - says it all
        return
    if stop.is_set():
        return
    log.info("scheduler started", store=connection.address(settings.store))
    run(store, broker, settings, stop)
    broker.close()
    store.close()


def _prepare(store: Store, settings: Settings, stop: Event) -> None:
    patience = _Patience()
    while not stop.is_set():
        pulse.beat(settings.pulse.file)
        try:
            for warning in server.require(settings.store):
                log.warning("Redis is not safe", warning=warning)
            migrations.prepare(store)
        except StoreUnavailable as exc:
            stop.wait(patience.after(exc))
        else:
            patience.reset()
            return


class _Patience:
    """Waits longer and longer, and speaks once for each change."""

    def __init__(self) -> None:
        self._wait = 0.0
        self._said = ""

    def after(self, exc: StoreUnavailable | BrokerUnavailable) -> float:
        """Return how many seconds to wait after this failure."""
        if exc.reason != self._said:
            self._said = exc.reason
            log.warning("waits for Redis", reason=exc.reason, error=str(exc))
        self._wait = min(LONGEST_BACKOFF, self._wait * 2 or FIRST_BACKOFF)
        return self._wait

    def reset(self) -> None:
        """Note that all is well."""
        if self._said:
            log.info("goes on", reason=self._said)
        self._wait, self._said = 0.0, ""
