"""The health rules that people declared, compiled once in a process for each of their versions."""

from __future__ import annotations

import structlog

from syncline.errors import InvalidDocument
from syncline.health import custom
from syncline.model.names import Uid
from syncline.store import rules
from syncline.store.connection import Store

_log = structlog.get_logger()


class StoreRules:
    """``ports.Rules``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: tuple[str, custom.Rules] = ("", custom.NONE)  # one value: threads read it

    def of(self, version: str) -> custom.Rules:
        """See the port."""
        held, found = self._held
        if version != held:
            held, found = self._read() if version else ("", custom.NONE)
            self._held = (held, found)
        return found

    def newest(self, cluster: Uid) -> tuple[custom.Rules, str | None]:
        """See the port."""
        version, judged_by = rules.judged_by(self._store, cluster)
        return self.of(version), None if version == judged_by else version

    def _read(self) -> tuple[str, custom.Rules]:
        """Those of now, which may be others than those that were asked for, under their version."""
        kept = rules.read(self._store)
        try:
            return kept.version, custom.compile_all(kept.rules)
        except InvalidDocument as exc:  # another release adopted what this one does not know
            _log.warning("health rules cannot be used", error=str(exc))
            return kept.version, custom.NONE
