"""A server that hangs is told from one that takes its time for an answer."""

from __future__ import annotations

import re
import socket
import threading
import time
from datetime import timedelta

import pytest
from urllib3.exceptions import ReadTimeoutError

from syncline.errors import ClusterUnreachable
from syncline.settings import ClusterSettings
from syncline_workers.cluster import doubt, transport
from syncline_workers.cluster.doubt import Doubt, Silent
from tests.cluster.conftest import kubeconfig_for, pool_for
from tests.cluster.scripted import Scripted, Talk, answer, read_request

SETTINGS = ClusterSettings(
    read_timeout=timedelta(seconds=30), first_answer_timeout=timedelta(seconds=0.5)
)
OK = answer(b"{}")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (doubt, transport):
        monkeypatch.setattr(module, "SILENCE", 0.1)


def silent_until(end: threading.Event) -> Talk:
    """Take a request, and answer it as the event is set."""

    def talk(sock: socket.socket) -> None:
        read_request(sock)
        end.wait(20)
        sock.sendall(OK)

    return talk


def test_a_server_that_answers_others_may_take_its_time() -> None:
    end, asked = threading.Event(), []

    def other(sock: socket.socket) -> None:
        while request := read_request(sock):
            asked.append(request.split(b" ", 2)[1])
            sock.sendall(OK)
            if len(asked) == 3:
                end.set()

    with Scripted(silent_until(end), other) as server:
        kept = pool_for(kubeconfig_for(server.url), SETTINGS)
        found = kept.request("PATCH", "/slow", body=b"{}")
        kept.close()

    assert found.status == 200
    assert asked[:3] == [b"/version"] * 3


def test_a_server_that_hangs_is_given_up_long_before_the_time_of_an_answer() -> None:
    end = threading.Event()
    with Scripted(silent_until(end)) as server:
        kept = pool_for(kubeconfig_for(server.url), SETTINGS)
        begun = time.monotonic()
        with pytest.raises(ClusterUnreachable) as raised:
            kept.request("PATCH", "/slow?x=y", body=b"{}")
        taken = time.monotonic() - begun
        end.set()

    assert taken < 10
    assert re.search(
        r"127.0.0.1:\d+ took PATCH /slow and is silent; asked once more, 127.0.0.1:\d+ took "
        r"GET /version and did not answer within 0.5 s$",
        str(raised.value),
    )


def test_what_is_waited_for_shortly_is_not_doubted() -> None:
    end = threading.Event()
    with Scripted(silent_until(end)) as server:
        kept = pool_for(kubeconfig_for(server.url), SETTINGS)
        with pytest.raises(ClusterUnreachable, match=r"GET /first and did not answer within 0.5 s"):
            kept.request("GET", "/first", within=timedelta(seconds=0.5))
        end.set()

    assert server.connections == 1


class Asked:
    """What is asked of a silent server, how often."""

    def __init__(self, *, fails: bool) -> None:
        self.times, self.fails = 0, fails

    def __call__(self) -> None:
        self.times += 1
        time.sleep(0.2)
        if self.fails:
            raise ReadTimeoutError(None, None, "late")  # type: ignore[arg-type]


def settle_all(found: Doubt, heard_at: float, threads: int = 4) -> list[bool]:
    told: list[bool] = []

    def one() -> None:
        try:
            found.settle(lambda: heard_at)
        except Silent:
            told.append(False)
        else:
            told.append(True)

    running = [threading.Thread(target=one) for _ in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    return told


def test_one_asks_for_all_that_wait() -> None:
    asked = Asked(fails=True)
    found = Doubt(asked, time.monotonic)

    assert settle_all(found, heard_at=0.0) == [False] * 4
    assert asked.times == 1

    asked.fails = False  # a later silence is another question
    assert settle_all(found, heard_at=0.0, threads=1) == [True]
    assert asked.times == 2


def test_what_answered_something_just_now_is_not_asked() -> None:
    asked = Asked(fails=True)

    assert settle_all(Doubt(asked, time.monotonic), heard_at=time.monotonic()) == [True] * 4
    assert asked.times == 0
