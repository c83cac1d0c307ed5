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

_FOLDER = files("syncline.store") / "scripts"
_NEEDS = re.compile(r"^-- needs: ([a-z ]+)$", re.MULTILINE)


def names() -> list[str]:
    """Return the names of all steps."""
    return sorted(
        item.name.removesuffix(".lua") for item in _FOLDER.iterdir() if item.name.endswith(".lua")
    )


@cache
def step(name: str) -> str:
    """Return the text of a step with the parts that it needs."""
    text = (_FOLDER / f"{name}.lua").read_text()
    needs = _NEEDS.search(text)
    parts = needs[1].split() if needs else []
    return "\n".join([*((_FOLDER / "lib" / f"{part}.lua").read_text() for part in parts), text])


class Scripts:
    """The atomic steps of one store, ready to be called."""

    def __init__(self, settings: StoreSettings) -> None:
        self._bounds = (
            f"local kept_events, kept_audit, kept_history, kept_seconds = "
            f"'{settings.events}', '{settings.audit}', {settings.history}, "
            f"{settings.history_age.total_seconds()}\n"
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
        text = f"{self._bounds}{keys.lua(step(name))}\n{step(name)}"
        digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        self._known[name] = (digest, text)
        return digest, text
