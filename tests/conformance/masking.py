"""Answers of two servers made comparable: what is random or a time is replaced by a word.

Resource versions become ordinals in the order of their appearance, so that "changed" and "not
changed" are still told apart; a time is compared only for being there.
"""

import json
import re
from typing import Any

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ADDRESS = re.compile(r"10\.0\.\d+\.\d+")
ORDERLESS = ("managedFields", "causes")


def ordered(parts: list[Any]) -> list[Any]:
    """The parts in some order, each once: the API server repeats a cause that two checks find."""
    texts = {json.dumps(part, sort_keys=True): part for part in parts}
    return [part for _, part in sorted(texts.items())]


class Mask:
    """Remembers what it has seen, for one scenario on one server."""

    def __init__(self) -> None:
        self._versions: dict[str, str] = {}

    def __call__(self, value: Any, key: str = "") -> Any:
        """The value with its random parts replaced."""
        if isinstance(value, dict):
            return {name: self(part, name) for name, part in value.items()}
        if isinstance(value, list):
            parts = [self(part) for part in value]
            return ordered(parts) if key in ORDERLESS else parts
        if key == "resourceVersion":
            return self._versions.setdefault(value, f"version {len(self._versions) + 1}")
        if key == "nodePort":
            return "<port>"
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        for pattern, word in ((TIME, "<time>"), (UID, "<uid>"), (ADDRESS, "<address>")):
            text = pattern.sub(word, text)
        for version, word in self._versions.items():
            text = text.replace(f"({version})", f"({word})")
            if "ResourceVersion" in text:
                text = re.sub(rf": {version}(?=,|$)", f": {word}", text)
        return text
