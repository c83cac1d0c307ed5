"""Clusters go away and come back, hang, fail to start, and never outlive whoever started them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import poll
from tests.harness.apiserver import ApiServer
from tests.harness.controlplane import ControlPlane
from tests.harness.process import Ended, Process
from tools import programs

pytestmark = pytest.mark.cluster

SECRETS = "/api/v1/namespaces/default/secrets"
STARTS_AND_WAITS = """
import sys, time
from pathlib import Path
from tests.harness.controlplane import ControlPlane
plane = ControlPlane.start(Path(sys.argv[1]))
print(plane.etcd_pid, plane.cluster(0).pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[ApiServer]:
    """One that a test may stop."""
    with ControlPlane.start(tmp_path / "plane") as plane:
        yield plane.cluster(0)


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_cluster_that_comes_back_is_the_same(own: ApiServer) -> None:
    own.call("POST", SECRETS, {"metadata": {"name": "kept"}})
    before = (own.url, own.uid, own.kubeconfig.read_text())

    own.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", own.port))
    own.start()

    assert (own.url, own.uid, own.kubeconfig.read_text()) == before
    assert own.call("GET", f"{SECRETS}/kept")["metadata"]["name"] == "kept"


def test_a_paused_cluster_takes_connections_and_answers_none(own: ApiServer) -> None:
    own.pause()
    with pytest.raises(OSError, match="timed out"):
        own.call("GET", "/version", timeout=0.5)
    own.resume()

    assert own.call("GET", "/version")["major"] == "1"


def test_a_paused_cluster_can_be_stopped(own: ApiServer) -> None:
    pid = own.pid

    own.pause()
    own.stop()

    assert not lives(pid)


def test_a_server_that_ends_by_itself_is_reported_with_its_log(tmp_path: Path) -> None:
    program = programs.find("controlplane").path / "kube-apiserver"
    process = Process(program, ["--no-such-flag"], log=tmp_path / "log")
    process.start()

    with pytest.raises(Ended, match="kube-apiserver ended with status 1") as caught:
        poll.until(process.check, within=30, what="its end")
    process.stop()

    assert "unknown flag: --no-such-flag" in str(caught.value)


def test_controllers_that_the_assets_lack_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("etcd", "kube-apiserver"):
        (tmp_path / name).symlink_to(programs.find("controlplane").path / name)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))

    with pytest.raises(programs.Absent, match=f"no kube-controller-manager in {tmp_path}: "):
        ControlPlane.start(tmp_path / "plane", controllers=True)


def test_no_server_outlives_a_killed_owner(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTS_AND_WAITS, str(tmp_path / "plane")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        pids = [int(pid) for pid in owner.stdout.readline().split()]
        owner.send_signal(signal.SIGKILL)

    poll.until(lambda: not any(map(lives, pids)), within=30, what="etcd and the API server gone")
    assert len(pids) == 2
