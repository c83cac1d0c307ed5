"""The fleet's API servers, as one process knows them: at most one kept connection each.

A connection is found by the cluster, its document's generation and the very text of its
kubeconfig; so a rotated credential or another address makes a new one, and nothing needs to be
told. The longest unused are closed.
"""

from __future__ import annotations

import hashlib
import os
import resource
import threading
import time
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Mapping

from syncline.credentials import CredentialSource
from syncline.errors import CredentialRefused
from syncline.model.records import ClusterRecord
from syncline.model.seal import PlatformKey
from syncline.settings import ClusterSettings
from syncline_workers.cluster import kubeconfig
from syncline_workers.cluster.api import Api
from syncline_workers.cluster.discovery import Discovery
from syncline_workers.cluster.login import Login
from syncline_workers.cluster.pool import Pool
from syncline_workers.cluster.rate import Rate

MOST = 2048
"""Clusters that one process keeps: about 0.05 MB each, where they serve the same. Runs go round all
clusters, so that with fewer than there are none would be found again."""

_FILES = resource.getrlimit(resource.RLIMIT_NOFILE)[0]

SOCKETS = 16_384 if _FILES == resource.RLIM_INFINITY else min(_FILES // 2, 16_384)
"""Idle connections of one process, of all clusters: half of the files that it may have."""

_PAUSE = 1.0  # seconds between two counts of idle connections

STORED = "stored"


class Clusters:
    """The connections of one process. A forked child begins with none."""

    def __init__(
        self,
        settings: ClusterSettings,
        credentials: CredentialSource,
        key: PlatformKey,
        *,
        most: int = MOST,
    ) -> None:
        """Keep ``most`` clusters, and the connections that are idle as far as files allow."""
        self._most = most
        self._settings = settings
        self._credentials = credentials
        self._key = key
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._trimmed = 0.0
        self._kept: OrderedDict[str, tuple[str, Api]] = OrderedDict()  # uid → fingerprint, api
        self._used: set[str] = set()  # uids, since idle connections were counted
        self._in_use: set[str] = set()  # uids that may have been in use when they were counted
        self._idle: dict[str, int] = {}  # uid → connections, as they were counted

    def connect(self, cluster: ClusterRecord, sealed_kubeconfig: str = "") -> Api:
        """The kept connection of this process to a cluster; nothing is sent yet.

        Args:
            cluster: its record.
            sealed_kubeconfig: base64, where its spec says ``stored``.

        Raises:
            CredentialRefused: its kubeconfig is missing, cannot be opened, or may not be used.
        """
        text = self._text(cluster, sealed_kubeconfig)
        fingerprint = _fingerprint(cluster, text)
        with self._lock:
            self._forget_parents()
            self._used.add(cluster.uid)
            kept = self._kept.get(cluster.uid)
            if kept and kept[0] == fingerprint:
                self._kept.move_to_end(cluster.uid)
                self._trim()
                return kept[1]
            api = self._open(cluster, text)
            self._kept[cluster.uid] = (fingerprint, api)
            self._kept.move_to_end(cluster.uid)
            if kept:
                kept[1].close()
            self._trim()
            return api

    def close(self) -> None:
        """Close every connection of this process."""
        with self._lock:
            self._forget_parents()
            while self._kept:
                self._kept.popitem()[1][1].close()

    def _trim(self) -> None:
        if len(self._kept) > self._most:
            uid, (_, api) = self._kept.popitem(last=False)
            api.close()
            self._idle.pop(uid, None)
        if time.monotonic() < self._trimmed + _PAUSE:
            return
        self._trimmed = time.monotonic()
        for uid in self._used | self._in_use:  # to count all of a thousand costs more than a run
            self._idle[uid] = self._kept[uid][1].idle if uid in self._kept else 0
        self._in_use, self._used = self._used, set()
        if sum(self._idle.values()) > SOCKETS:
            self._close_longest_unused()

    def _close_longest_unused(self) -> None:
        left = SOCKETS
        self._idle.clear()
        for uid, (_, api) in reversed(self._kept.items()):  # the last used first
            self._idle[uid] = api.idle
            left -= self._idle[uid]
            if left < 0:
                api.close()
                self._idle[uid] = 0

    def _forget_parents(self) -> None:
        """What came along with a fork is the parent's: closing it would end its TLS."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._kept = OrderedDict()
            self._used, self._in_use, self._idle = set(), set(), {}

    def _open(self, cluster: ClusterRecord, text: str) -> Api:
        subject = f"cluster {cluster.name}"
        access = kubeconfig.read(
            text, context=cluster.spec.context, settings=self._settings, subject=subject
        )
        login = Login(access.user, subject=subject, environment=self._credentials.environment)
        spec = cluster.spec
        rate = Rate(spec.max_rate, runs=spec.max_runs)
        pool = Pool(access, login, size=spec.max_requests, settings=self._settings, rate=rate)
        return Api(pool, Discovery(pool), first_within=self._settings.first_answer_timeout)

    def _text(self, cluster: ClusterRecord, sealed: str) -> str:
        subject = f"cluster {cluster.name}"
        if cluster.spec.kubeconfig != STORED:
            return self._credentials.read(
                cluster.spec.kubeconfig, subject=subject
            ).get_secret_value()
        if not sealed:
            raise CredentialRefused(
                subject, "has no stored kubeconfig: give it one with `syncline cluster add`"
            )
        try:
            sealed_bytes = b64decode(sealed)
            return self._key.open(sealed_bytes, purpose=f"kubeconfig:{cluster.uid}").decode()
        except (ValueError, CredentialRefused) as exc:
            raise CredentialRefused(
                subject,
                "its stored kubeconfig cannot be opened with this platform key: was the key "
                "replaced? Give it again with `syncline cluster add`",
            ) from exc


def _fingerprint(cluster: ClusterRecord, text: str) -> str:
    parts: Mapping[str, object] = {"generation": cluster.generation, "name": cluster.name}
    return hashlib.sha256(f"{parts}{text}".encode()).hexdigest()
