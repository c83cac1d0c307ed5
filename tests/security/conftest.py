"""A renderer that was taken over: Python text in its place, under what guards this machine has."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from syncline.errors import SynclineError
from syncline.settings import RenderSettings
from syncline_workers import scratch
from syncline_workers.renderers import sandbox
from syncline_workers.renderers.isolation import Needs


@dataclass(frozen=True)
class Hostile:
    """Runs a text as a renderer; what is hidden, and what may not be written, raises these."""

    run: Callable[..., str]
    hidden: str
    fixed: str

    def __call__(self, text: str, **given: Any) -> str:
        return self.run(text, **given)


# As in a container whose runtime forbids user namespaces: this one may make none below it.
FORBIDDEN = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$0" "$@"'
ELSEWHERE = (
    "import json, sys\nfrom tests.security.conftest import confined\n"
    "print(confined(**json.loads(sys.argv[1])))"
)


def confined(
    text: str,
    limits: dict[str, Any] | None = None,
    arguments: Sequence[str] = (),
    **needs: Any,
) -> str:
    """What a text printed, or what it ended with."""
    with scratch.directory("render") as home, scratch.directory("tree") as programs:
        program = programs / "renderer"
        program.write_text(f"#!{sys.executable} -S\n{text}\n")
        program.chmod(0o700)
        settings = RenderSettings(**(limits or {}))
        needed = Needs(**{**needs, "reads": tuple(map(Path, needs.get("reads", ())))})
        try:
            command = [str(program), *arguments]
            printed = sandbox.run(
                command, home=home, settings=settings, subject="web", shown={}, needs=needed
            )
        except SynclineError as exc:
            return str(exc)
    return printed.decode().strip()


@pytest.fixture(params=["namespaces", "no namespaces"])
def hostile(request: pytest.FixtureRequest) -> Hostile:
    """Once with namespaces, where a private root comes first; once where Landlock is alone."""
    if request.param == "namespaces":
        return Hostile(confined, hidden="FileNotFoundError", fixed="OSError")
    return Hostile(without_namespaces, hidden="PermissionError", fixed="PermissionError")


def without_namespaces(text: str, **given: Any) -> str:
    """The same in a process that may make no namespace, as in most containers."""
    told = elsewhere(["--map-root-user", "sh", "-c", FORBIDDEN], text, **given)
    assert "no namespaces: " in told, "the worker tells what it cannot take away"
    return told.strip().splitlines()[-1]


def without_privileges(text: str, **given: Any) -> str:
    """The same in a process of a user who has no capability at all."""
    told = elsewhere(["--map-user=1000", "--map-group=1000"], text, **given)
    assert "renderer_not_isolated" not in told
    return told.strip().splitlines()[-1]


def elsewhere(how: list[str], text: str, **given: Any) -> str:
    """What another process prints, in a user namespace of its own."""
    root = Path(__file__).resolve().parents[2]
    python = [sys.executable, "-c", ELSEWHERE, json.dumps({"text": text, **given})]
    done = subprocess.run(
        ["unshare", "--user", *how, *python],
        cwd=root,
        env={"PYTHONPATH": f"{root}:{root}/platform:{root}/workers", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
