"""A turn at a Git host is waited for, given back, and paused after a 429."""

from dataclasses import dataclass, field

import pytest

from syncline.errors import RepositoryUnreachable
from syncline_workers.git import turns
from syncline_workers.git.turns import Answer


@dataclass
class Hosts:
    """Answers as scripted; the last one stays."""

    answers: list[Answer]
    left: list[str] = field(default_factory=list)
    paused: int = 0

    def enter(self, host: str, seconds: float) -> Answer:  # noqa: ARG002
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def leave(self, host: str, token: str) -> None:  # noqa: ARG002
        self.left.append(token)

    def pause(self, host: str, seconds: float = 0.0) -> float:  # noqa: ARG002
        self.paused += 1
        return 15.0


def ask(hosts: Hosts, error: Exception | None = None) -> None:
    with turns.turn(hosts, "git.example", about="Repository/shop", within=30):
        if error:
            raise error


def test_a_turn_is_waited_for_and_given_back() -> None:
    hosts = Hosts([Answer(""), Answer("t1")])

    ask(hosts)

    assert hosts.left == ["t1"]


def test_who_gets_no_turn_gives_up_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.0)
    hosts = Hosts([Answer("")])

    with pytest.raises(RepositoryUnreachable, match="SYNCLINE_GIT_HOST_REQUESTS allows"):
        ask(hosts)

    assert hosts.left == []


def test_a_host_that_is_paused_is_not_asked() -> None:
    with pytest.raises(RepositoryUnreachable, match="nobody asks it for 12 s"):
        ask(Hosts([Answer("", 12.0)]))


def test_a_429_pauses_the_host_for_everybody() -> None:
    hosts = Hosts([Answer("t1")])
    told = RepositoryUnreachable("Repository/shop", "The requested URL returned error: 429")

    with pytest.raises(RepositoryUnreachable):
        ask(hosts, told)

    assert (hosts.paused, hosts.left) == (1, ["t1"])


def test_another_failure_pauses_nobody() -> None:
    hosts = Hosts([Answer("t1")])

    with pytest.raises(RepositoryUnreachable):
        ask(hosts, RepositoryUnreachable("Repository/shop", "Connection refused"))

    assert (hosts.paused, hosts.left) == (0, ["t1"])
