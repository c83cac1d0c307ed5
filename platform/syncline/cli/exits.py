"""Exit codes: documented, stable, and the only ones that this CLI ends with."""

from __future__ import annotations

from enum import IntEnum

from syncline.errors import SynclineError


class Exit(IntEnum):
    """How a command ended; the meaning stands in ``MEANINGS`` and in the reference."""

    OK = 0
    DIFFERS = 1
    USAGE = 2
    NOT_FOUND = 3
    REFUSED = 4
    UNREACHABLE = 5
    UNAUTHORISED = 6
    TIMED_OUT = 124
    INTERRUPTED = 130


MEANINGS: dict[Exit, str] = {
    Exit.OK: "done; with --wait: every target is Synced; diff: nothing would change",
    Exit.DIFFERS: "sync --wait: a target is not Synced; diff: something would change; "
    "doctor, repo check: a check failed; orphans: there are some; "
    "health: an object is Missing, Degraded or Unknown",
    Exit.USAGE: "the command line is wrong",
    Exit.NOT_FOUND: "no object of that name; sync, operation watch: no target matches",
    Exit.REFUSED: "refused: invalid, in conflict with what is there, or a run failed",
    Exit.UNREACHABLE: "the server cannot be reached, or cannot serve now",
    Exit.UNAUTHORISED: "no token, a bad one, or one whose scopes do not reach so far",
    Exit.TIMED_OUT: "the time given with --timeout is over; the operation goes on",
    Exit.INTERRUPTED: "interrupted by Ctrl-C",
}


class CommandFailed(SynclineError):
    """A command cannot go on: printed as ``error: subject: detail``, ends with ``exit``."""

    reason = "CommandFailed"

    def __init__(self, subject: str, detail: str, exit: Exit = Exit.REFUSED) -> None:  # noqa: A002
        super().__init__(subject, detail)
        self.args = (subject, detail, exit)
        self.exit = exit
