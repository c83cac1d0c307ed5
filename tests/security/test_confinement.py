"""What a renderer that was taken over cannot do, with namespaces and where they are forbidden."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncline_workers import scratch
from syncline_workers.launcher import client
from tests.harness import poll
from tests.security.conftest import Hostile, confined, without_privileges

ROOT = Path(__file__).resolve().parents[2]
TRY = """
def tried(act):
    try:
        return act()
    except (OSError, MemoryError) as exc:
        return type(exc).__name__
"""


def attempt(expression: str, before: str = "") -> str:
    """A text that prints what an expression gives, or the error's name."""
    return f"{TRY}\nimport ctypes, os, signal, socket\n{before}\nprint(tried(lambda: {expression}))"


@pytest.fixture
def secret() -> Iterator[Path]:
    """A file of the worker's, as of a credential that is in use."""
    with scratch.directory("ssh") as directory:
        (directory / "id").write_text("hunter2")
        yield directory / "id"


def test_no_file_of_the_host_is_read(hostile: Hostile) -> None:
    assert hostile(attempt("open('/etc/passwd').read()")) == hostile.hidden


def test_no_credential_that_is_in_use_is_read(hostile: Hostile, secret: Path) -> None:
    assert hostile(attempt(f"open({str(secret)!r}).read()")) == hostile.hidden


def test_the_workers_environment_is_not_read(hostile: Hostile) -> None:
    place = "f'/proc/{os.getppid()}/environ'"  # its launcher's: the same user, no less readable

    assert hostile(attempt(f"open({place}).read()")) == hostile.hidden


def test_what_it_is_given_to_read_it_reads_and_cannot_change(
    hostile: Hostile, tmp_path: Path
) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("a: 1")
    before = f"path = {str(file)!r}; seen = open(path).read()"

    printed = hostile(attempt("(seen, tried(lambda: open(path, 'w')))", before), reads=[str(file)])

    assert printed == f"('a: 1', '{hostile.fixed}')"
    assert file.read_text() == "a: 1"


def test_only_its_temporary_directory_is_written(hostile: Hostile) -> None:
    places = "('.', '/', '/usr', '/dev', os.environ['TMPDIR'])"
    act = f"[tried(lambda: open(f'{{p}}/x', 'w').write('1')) for p in {places}]"

    assert hostile(attempt(act)) == f"{[hostile.fixed] * 4 + [1]}"


def test_its_temporary_files_are_bounded_together() -> None:
    fill = (
        "chunk = b'x' * 1_000_000\n"
        "for n in range(40): open(f\"{os.environ['TMPDIR']}/{n}\", 'wb').write(chunk)"
    )

    printed = confined(f"import os\n{fill}", limits={"space": 10_000_000})

    assert "No space left on device" in printed


def test_no_connection_is_opened(hostile: Hostile) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connect = f"socket.create_connection({server.getsockname()!r}, 5)"

        assert hostile(attempt(connect)) == "PermissionError"
    datagram = "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))"
    assert hostile(attempt(datagram)) == "PermissionError"


def test_no_socket_of_the_host_is_reached(hostile: Hostile, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0syncline-test")  # abstract: no file system hides it
        server.listen()

        connect = "socket.socket(socket.AF_UNIX).connect('\\0syncline-test')"
        assert hostile(attempt(connect)) == "PermissionError"
    assert hostile(attempt("socket.socket(socket.AF_UNIX)")) == "PermissionError"


def test_no_descriptor_of_another_program_is_inherited(hostile: Hostile) -> None:
    """With one it could answer for itself, or for what runs beside it."""
    held = "[n for n in range(3, 200) if tried(lambda: bool(os.fstat(n))) is True]"
    beside = ("import time; time.sleep(2)",)
    waiting = threading.Thread(target=hostile, args=beside, kwargs={"host": True})
    waiting.start()
    try:
        assert hostile(attempt(held)) == "[]"
    finally:
        waiting.join()


def test_who_declares_the_network_has_it(hostile: Hostile) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connect = f"bool(socket.create_connection({server.getsockname()!r}, 5))"

        assert hostile(attempt(connect), network=True) == "True"


def test_no_process_is_started(hostile: Hostile) -> None:
    assert hostile(attempt("os.fork()")) == "PermissionError"


def test_processes_are_counted_where_some_are_needed(hostile: Hostile) -> None:
    bomb = (
        "import os\nmade = 0\n"
        "try:\n"
        "  for _ in range(100):\n"
        "    if os.fork() == 0: os._exit(0)\n"
        "    made += 1\n"
        "except BlockingIOError: pass\n"
        "print(made)"
    )

    assert hostile(bomb, host=True, limits={"processes": 12}) == "12"


def test_threads_need_no_leave(hostile: Hostile) -> None:
    start = (
        "import threading\nt = threading.Thread(target=print, args=('done',)); t.start(); t.join()"
    )

    assert hostile(start) == "done"


def test_it_gains_no_privilege(hostile: Hostile) -> None:
    capabilities = (
        "libc = ctypes.CDLL(None)\n"
        "head = (ctypes.c_uint32 * 2)(0x20080522, 0); sets = (ctypes.c_uint32 * 6)()\n"
        "libc.capget(head, sets)"
    )
    seen = "(libc.prctl(39, 0, 0, 0, 0), sets[0], sets[3])"  # no new privileges; effective

    printed = hostile(attempt(seen, capabilities))

    assert printed.startswith("(1, ")


def test_a_worker_needs_no_privilege_for_any_of_it() -> None:
    seen = "(os.getpid(), tried(lambda: open('/etc/passwd')), tried(socket.socket), tried(os.fork))"

    assert without_privileges(attempt(seen)) == (
        "(1, 'FileNotFoundError', 'PermissionError', 'PermissionError')"
    )


def test_root_without_namespaces_is_nobody_inside() -> None:
    ids = attempt("(os.getuid(), os.geteuid(), os.getgroups() in ([], [1000], [65534]))")

    assert confined(ids).startswith("(1000, 1000")


@pytest.mark.parametrize(
    "call",
    [
        "libc.unshare(0x10000000)",  # a user namespace
        "libc.mount(b'none', b'/', b'tmpfs', 0, None)",
        "libc.ptrace(16, 1, 0, 0)",
        "libc.syscall(425, 8, 0)",  # io_uring_setup
        "libc.syscall(250, 0, -3, 0, 0, 0)",  # keyctl, or what has its number elsewhere
        "libc.personality(0)",
    ],
)
def test_system_calls_that_reach_beyond_it_are_refused(hostile: Hostile, call: str) -> None:
    before = "libc = ctypes.CDLL(None, use_errno=True)"

    assert hostile(attempt(f"({call}, ctypes.get_errno())", before)) == "(-1, 1)"


def test_nothing_leaves_its_session_by_which_it_is_ended(hostile: Hostile) -> None:
    text = (
        f"{TRY}\nimport os\nif os.fork() == 0:\n"
        "  print(tried(os.setsid), flush=True)\n  os._exit(0)\nos.wait()"
    )

    assert hostile(text, host=True) == "PermissionError"


def test_other_processes_are_neither_seen_nor_signalled() -> None:
    assert confined(attempt(f"os.kill({os.getpid()}, 0)")) == "ProcessLookupError"
    assert confined(attempt("os.getpid()")) == "1"


def test_it_ends_with_its_worker() -> None:
    marker = f"marker-{os.getpid()}"
    text = (
        "from tests.security.conftest import confined\n"
        f"confined('import signal; signal.pause()', arguments=['{marker}'])"
    )
    worker = subprocess.Popen([sys.executable, "-c", text], cwd=ROOT)
    try:
        poll.until(lambda: _running(marker), within=30, what="the renderer runs")
    finally:
        worker.kill()
        worker.wait()

    poll.until(lambda: not _running(marker), within=30, what="the renderer is gone")


def _running(marker: str) -> bool:
    """Whether a process has this argument, word for word."""
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if marker.encode() in process.read_bytes().split(b"\0"):
                return True
        except OSError:
            continue  # it ended meanwhile
    return False


def test_a_launcher_that_was_killed_is_started_anew() -> None:
    assert confined("print(1)") == "1"

    os.kill(client.LAUNCHER.process, signal.SIGKILL)
    os.waitpid(client.LAUNCHER.process, 0)

    assert confined("print(2)") == "2"


def test_what_runs_as_its_launcher_is_killed_is_tried_again_later() -> None:
    marker = f"marker-{os.getpid()}"
    assert confined("print(1)") == "1"

    def kill() -> None:
        poll.until(lambda: _running(marker), within=30, what="the renderer runs")
        os.kill(client.LAUNCHER.process, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    ended = confined("import signal; signal.pause()", arguments=[marker])
    killer.join()

    assert ended.startswith("web: renderer was killed with what starts it")
    poll.until(lambda: not _running(marker), within=30, what="the renderer is gone")


def test_threads_share_a_launcher() -> None:
    printed: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: printed.append(confined(f"print({n})")))  # type: ignore[misc]
        for n in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(printed) == [str(n) for n in range(8)]


def test_a_fork_has_a_launcher_of_its_own() -> None:
    assert confined("print(1)") == "1"
    mine = client.LAUNCHER.process

    child = os.fork()
    if child == 0:
        is_own = confined("print(2)") == "2" and client.LAUNCHER.process != mine
        os._exit(0 if is_own else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert confined("print(3)") == "3"
    assert client.LAUNCHER.process == mine
