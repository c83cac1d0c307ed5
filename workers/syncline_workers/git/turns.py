"""Turns at a Git host: all workers together ask it so much at once, or nothing while it refuses.

Who finds no room waits for a moment, then gives up and is tried again like any other failure. A
host that answers 429 is left alone by everybody for a while, longer each time, and at least for as
long as its ``Retry-After`` says (`patience`), as is one that answers 503 with that.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple, Protocol

from syncline.errors import RepositoryUnreachable
from syncline_workers.git.apptokens import Shared

PATIENCE: Final = 10.0
"""Seconds to wait for a turn: longer would hold a worker's slot that others need."""

_SPARE = 10.0  # seconds that a turn lasts longer than git may take
_TOO_MANY = re.compile(r"returned error: (?:429(?:, Retry-After: (\d+))?|503, Retry-After: (\d+))")


class Answer(NamedTuple):
    """A turn that was asked for."""

    token: str  # "" = there is no room
    paused: float = 0.0  # seconds for which nobody asks this host


class Hosts(Shared, Protocol):
    """What is known of Git hosts by all workers together, and the tokens that they gave."""

    def enter(self, host: str, seconds: float) -> Answer:
        """Take a turn, which ends by itself after so many seconds."""

    def leave(self, host: str, token: str) -> None:
        """Give the turn back."""

    def pause(self, host: str, seconds: float = 0.0) -> float:
        """Have nobody ask the host for a while, at least so long; gives the seconds."""


@contextmanager
def turn(hosts: Hosts, host: str, *, about: str, within: float) -> Iterator[None]:
    """Ask a host within this block.

    Args:
        hosts: who counts.
        host: its name.
        about: what errors are about.
        within: seconds that git may take.

    Raises:
        RepositoryUnreachable: it is paused, or there was no turn in time.
    """
    token = _wait(hosts, host, about, within + _SPARE)
    try:
        yield
    except RepositoryUnreachable as exc:
        if said := _TOO_MANY.search(str(exc)):
            hosts.pause(host, float(said[1] or said[2] or 0))
        raise
    finally:
        hosts.leave(host, token)


def _wait(hosts: Hosts, host: str, about: str, seconds: float) -> str:
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = hosts.enter(host, seconds)
        if answer.token:
            return answer.token
        if answer.paused:
            raise RepositoryUnreachable(
                about,
                f"{host} asked for patience (429 or 503): nobody asks it for {answer.paused:.0f} s",
            )
        if time.monotonic() > deadline:
            raise RepositoryUnreachable(
                about,
                f"{host} is asked as much at once as SYNCLINE_GIT_HOST_REQUESTS allows, and there "
                f"was no turn within {PATIENCE:g} s: it is tried again",
            )
        time.sleep(random.uniform(0.1, 0.3))  # noqa: S311 - no secret
