"""A cluster is asked who it is where that is not known, and not where it answered just now."""

from math import inf
from time import monotonic

import pytest

from syncline.errors import ClusterUnreachable
from syncline_workers.pipeline import connection
from tests.pipeline.twins import Api


@pytest.fixture
def api() -> Api:
    """A cluster that this process has just greeted."""
    made = Api()
    connection.greet(made)
    made.greeted = 0
    return made


def test_a_cluster_that_answered_this_process_just_now_is_not_asked(api: Api) -> None:
    assert connection.greet(api) == ("uid-1", "v1.36.3")

    assert api.greeted == 0


def test_a_cluster_that_was_silent_is_asked(api: Api) -> None:
    api.heard_at = monotonic() - 11

    connection.greet(api)

    assert api.greeted == 1


def test_a_cluster_that_answered_others_just_now_is_not_asked(api: Api) -> None:
    api.heard_at = -inf

    connection.greet(api, heard=9.0)

    assert api.greeted == 0


def test_a_cluster_in_doubt_is_asked_whoever_heard_of_it(api: Api) -> None:
    connection.greet(api, heard=None)

    assert api.greeted == 1


def test_who_answers_over_a_new_connection_is_asked(api: Api) -> None:
    api.connected += 1

    connection.greet(api, heard=0.0)
    connection.greet(api, heard=0.0)

    assert api.greeted == 1


def test_who_answers_is_asked_once_in_a_while(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_KNOWN", 0.0)

    connection.greet(api, heard=0.0)

    assert api.greeted == 1


def test_a_process_that_never_knew_a_cluster_asks_it() -> None:
    api = Api()

    connection.greet(api, heard=0.0)

    assert api.greeted == 1


def test_a_cluster_that_does_not_answer_is_known_no_better(api: Api) -> None:
    api.away, api.heard_at = True, -inf

    for _ in range(2):
        with pytest.raises(ClusterUnreachable):
            connection.greet(api)

    assert api.greeted == 2
