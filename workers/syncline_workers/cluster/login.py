"""Who we are to an API server right now: fixed, or renewed before it expires."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from urllib3.util import make_headers

from syncline.errors import CredentialRefused
from syncline_workers.cluster import plugin
from syncline_workers.cluster.access import User
from syncline_workers.cluster.plugin import Credential

EARLY = 60.0
"""Seconds before its expiry that a credential is renewed: longer than any one request takes."""

_REREAD = 60.0  # seconds; a kubelet rewrites a bound token once it is 80 % of an hour old


class Login:
    """The credential of one user. Safe to use from several threads: one of them renews."""

    def __init__(
        self,
        user: User,
        *,
        subject: str,
        environment: Mapping[str, str],
        now: Callable[[], float] = time.time,
    ) -> None:
        self.is_renewable = user.plugin is not None or user.token_file is not None
        self._user = user
        self._subject = subject
        self._environment = environment
        self._now = now
        self._lock = threading.Lock()
        self._current: Credential | None = None

    def current(self) -> Credential:
        """The credential to use now. While it is the same, it is the same object.

        Raises:
            CredentialRefused: there is none: a plugin or file failed.
            ClusterUnreachable: the plugin did not end in time.
        """
        current = self._current
        if current is None or self._is_stale(current):
            return self.renew(current)
        return current

    def renew(self, refused: Credential | None) -> Credential:
        """Get a new one in place of ``refused``, unless another thread already has."""
        with self._lock:
            if self._current is None or self._current is refused:
                self._current = self._obtain()
            return self._current

    def _is_stale(self, current: Credential) -> bool:
        return current.expires is not None and self._now() > current.expires - EARLY

    def _obtain(self) -> Credential:
        user = self._user
        if user.plugin:
            return plugin.run(user.plugin, self._environment, subject=self._subject)
        if user.token_file:
            return Credential(
                token=self._read(),
                certificate=user.certificate,
                key=user.key,
                expires=self._now() + EARLY + _REREAD,
            )
        return Credential(token=user.token, certificate=user.certificate, key=user.key)

    def _read(self) -> str:
        assert self._user.token_file is not None  # noqa: S101 - for the type checker
        try:
            token = self._user.token_file.read_text().strip()
        except (OSError, ValueError) as exc:
            raise CredentialRefused(
                self._subject, f"its token file {self._user.token_file} cannot be read: {exc}"
            ) from exc
        if not token or not token.isascii() or not token.isprintable():
            raise CredentialRefused(
                self._subject, f"its token file {self._user.token_file} holds no token"
            )
        return token


def headers(user: User, credential: Credential) -> list[tuple[str, str]]:
    """The headers that say who we are; a name may come several times."""
    found = list(user.impersonate)
    if credential.token:
        found.append(("Authorization", f"Bearer {credential.token}"))
    elif user.password:
        login = make_headers(basic_auth=user.password, basic_auth_encoding="utf-8")
        found.append(("Authorization", login["authorization"]))
    return found
