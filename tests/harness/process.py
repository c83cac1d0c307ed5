"""One server process of ours: started, paused, ended by its own id, and never left behind.

Its standard input is a pipe whose other end is ours, so that it can tell when we are gone, however
we died. What it prints goes to a log file, whose end is quoted where it ends by itself.
"""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

# Ours only: a proxy or a GODEBUG of the caller's shell has no say in what a server does.
ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath), "CONTROLPLANE_LIFELINE": "stdin"}
GRACE = 10.0  # seconds between asking a process to end and killing it


class Ended(Exception):
    """A process ended by itself."""


class Process:
    """A command that can be started again after it was stopped."""

    def __init__(self, program: Path, arguments: Sequence[str], *, log: Path) -> None:
        self.name = program.name
        self.log = log
        self._command = (str(program), *arguments)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The id of the running process.

        Raises:
            Ended: it was not started, was stopped, or ended by itself.
        """
        self.check()
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Starts it; does not wait until it serves."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=ENVIRONMENT,
                start_new_session=True,  # a terminal's Ctrl-C is ours to pass on, in order
            )

    def check(self) -> None:
        """Raises `Ended` with the end of its log, unless it runs."""
        if self._process is None:
            raise Ended(f"{self.name} is not running")
        if (status := self._process.poll()) is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise Ended(f"{self.name} ended with status {status}; {self.log} ends:\n{tail}")

    def ask_to_end(self) -> None:
        """Asks it to end, so that several end at once; `stop` waits. Nothing if it does not run."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.send_signal(signal.SIGCONT)  # a paused one could not obey

    def stop(self) -> None:
        """Ends it and waits until it is gone and its port is free. Nothing if it does not run."""
        self.ask_to_end()
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()

    def pause(self) -> None:
        """Freezes it: connections are accepted by the kernel and never answered."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Undoes `pause`."""
        os.kill(self.pid, signal.SIGCONT)
