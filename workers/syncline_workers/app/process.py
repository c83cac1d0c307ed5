"""What one worker process keeps between tasks; remade after a fork."""

from __future__ import annotations

import os
import socket
import time

from syncline.credentials import CredentialSource
from syncline.settings import Settings
from syncline.store import connection
from syncline.store.connection import Store
from syncline.store.limits import Limits
from syncline_workers import scratch
from syncline_workers.app.desk import (
    StoreChecks,
    StoreDesk,
    StoreFleet,
    StoreHosts,
    StoreLookups,
    StoreRegistered,
    StoreRenders,
)
from syncline_workers.app.judging import StoreRules
from syncline_workers.archives.kinds import open_all
from syncline_workers.cluster.connect import Clusters
from syncline_workers.pipeline.ports import Ports
from syncline_workers.pipeline.timeline import Begin
from syncline_workers.renderers.engines import ENGINES
from syncline_workers.web.fetch import Web

_PAUSE = 60.0  # seconds; the first time is after a process's first task


class Process:
    """The store and the ports of this process, made when first asked for."""

    def __init__(self, settings: Settings, *, begin: Begin | None = None) -> None:
        self._settings = settings
        self._begin = begin
        self._pid = 0
        self._store: Store | None = None
        self._ports: Ports | None = None
        self._tidied = -_PAUSE

    def store(self) -> Store:
        """The connection of this process to the store."""
        self._own()
        if self._store is None:
            self._store = connection.connect(
                self._settings.store,
                key=self._settings.keys.platform_key(),
                limits=Limits.of(self._settings),
            )
        return self._store

    def ports(self) -> Ports:
        """Everything that the pipeline needs."""
        self._own()
        if self._ports is None:
            self._ports = _ports(self._settings, self.store(), self._begin)
        return self._ports

    def tidy(self) -> None:
        """Once a minute: give disk back, of mirrors and of what killed processes left."""
        self._own()
        if self._ports is None or time.monotonic() < self._tidied + _PAUSE:
            return
        self._tidied = time.monotonic()
        self._ports.repositories.tidy()
        scratch.clear(self._settings.render.private)

    def close(self) -> None:
        """Close what has processes or connections of its own."""
        self._own()
        if self._ports is not None:
            self._ports.repositories.close()
            self._ports.clusters.close()
            ENGINES.close()
        if self._store is not None:
            self._store.close()
        self._store = self._ports = None

    def _own(self) -> None:
        """Forget what the parent made: sockets are not shared over a fork."""
        if self._pid != os.getpid():
            self._pid, self._store, self._ports = os.getpid(), None, None


def _ports(settings: Settings, store: Store, begin: Begin | None) -> Ports:
    key = settings.keys.platform_key()
    credentials = CredentialSource(directory=settings.keys.credentials, environment=os.environ)
    return Ports(
        desk=StoreDesk(store, settings),
        lookups=StoreLookups(store),
        fleet=StoreFleet(store),
        checks=StoreChecks(store),
        rules=StoreRules(store),
        repositories=open_all(
            settings.git, credentials, StoreHosts(store, settings), StoreRegistered(store)
        ),
        clusters=Clusters(settings.cluster, credentials, key),
        web=Web(settings.check),
        renders=StoreRenders(store),
        key=key,
        render=settings.render,
        worker=f"{socket.gethostname()}/{os.getpid()}",
        begin=begin,
        credentials=credentials,
    )
