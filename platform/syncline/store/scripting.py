"""Scripts by name: loaded from ``scripts/``, sent once, called by digest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Scripts:
    """The atomic steps, ready to be called."""

    def call(self, client: Any, name: str, args: Sequence[str | float | bytes]) -> Any:
        """Run a script by its name."""
        raise NotImplementedError
