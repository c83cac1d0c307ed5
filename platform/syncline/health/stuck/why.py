"""A reason, and how texts of others are made to fit one line."""

from __future__ import annotations

import re
from typing import NamedTuple

_RPC = re.compile(r"rpc error: code = \w+ desc = ")
_PREEMPTION = re.compile(r"\.?\s*preemption: .*", re.DOTALL)


class Why(NamedTuple):
    """What keeps a workload from working."""

    reason: str  # PascalCase
    message: str
    uid: str = ""  # of the Pod whose Events may say more; "": there is no more to ask
    pod: str = ""  # the name of the Pod that says so


def line(text: object) -> str:
    """Write a text on one line, without the full stop at its end."""
    return " ".join(str(text).split()).removesuffix(".")


def last_line(text: object) -> str:
    """Return what a program said last: its own word for why it ended."""
    lines = [line(each) for each in str(text).splitlines() if each.strip()]
    return lines[-1] if lines else ""


def cause(text: object) -> str:
    """Return the innermost of nested errors, which are written one after the other: ``a: b: c``."""
    parts = [part for part in line(_RPC.sub("", str(text))).split(": ") if part]
    told = [part for part in parts if not part.startswith(("http://", "https://"))]
    return told[-1] if told else ""


def of_scheduler(text: object) -> str:
    """Return why no node takes a Pod, without what evicting others would bring about."""
    return line(_PREEMPTION.sub("", str(text)))
