"""Scripts by name: put together from ``scripts/``, sent once, called by digest.

A script says on its first lines which parts of ``scripts/lib`` it needs (``-- needs: base queue``,
in order). In front of it go the key names that it mentions and the settings that bound lists.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from redis.exceptions import NoScriptError

from syncline.settings import StoreSettings
from syncline.store import keys

_NEEDS = re.compile(r"^-- needs: ([a-z ]+)$", re.MULTILINE)


@cache
def source(name: str) -> str:
    """Return the text of a script with its parts and its key names."""
    folder = files("syncline.store") / "scripts"
    step = (folder / f"{name}.lua").read_text()
    needs = _NEEDS.search(step)
    parts = needs[1].split() if needs else []
    body = "\n".join([*((folder / "lib" / f"{part}.lua").read_text() for part in parts), step])
    return f"{keys.lua(body)}\n{body}"


class Scripts:
    """The atomic steps of one store, ready to be called."""

    def __init__(self, settings: StoreSettings) -> None:
        self._bounds = (
            f"local kept_events, kept_audit, kept_history = "
            f"'{settings.events}', '{settings.audit}', {settings.history}\n"
        )
        self._known: dict[str, tuple[str, str]] = {}  # name → digest, text

    def call(self, client: Any, name: str, args: Sequence[str | float | bytes]) -> Any:
        """Run a script by its name; its text travels only where the server does not know it."""
        digest, text = self._known.get(name) or self._learn(name)
        try:
            return client.execute_command("EVALSHA", digest, 0, *args)
        except NoScriptError:
            return client.execute_command("EVAL", text, 0, *args)

    def _learn(self, name: str) -> tuple[str, str]:
        text = self._bounds + source(name)
        digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        self._known[name] = (digest, text)
        return digest, text
