"""Every refusal has the one body; none leaks what it should not."""

import io
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from syncline import logs
from syncline.api.errors import STATUS, response, status_of
from syncline.errors import StoreUnavailable, SynclineError
from syncline.settings import Settings
from syncline.store import connection, targets
from syncline.store.connection import Store
from tests.api.conftest import Live
from tests.harness import poll


def test_an_unknown_path(reader: httpx.Client) -> None:
    answer = reader.get("/api/v1/nonsense")

    assert answer.status_code == 404
    assert answer.json()["error"] == {
        "reason": "NotFound",
        "subject": "GET /api/v1/nonsense",
        "message": "no such path: /docs lists all",
        "details": [],
    }


def test_a_method_that_a_path_has_not(reader: httpx.Client) -> None:
    answer = reader.patch("/api/v1/fleet")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.json()["error"]["reason"] == "MethodNotAllowed"


def test_each_bad_field_of_a_body_is_named(admin: httpx.Client) -> None:
    answer = admin.post("/api/v1/operations", json={"al": True, "concurrency": -1})

    error = answer.json()["error"]
    assert answer.status_code == 422
    assert error["reason"] == "InvalidDocument"
    assert error["details"] == [
        {"field": "body.concurrency", "message": "Input should be greater than or equal to 0"},
        {"field": "body.reason", "message": "Field required"},
        {"field": "body.al", "message": "Extra inputs are not permitted"},
    ]


def test_each_bad_parameter_is_named(reader: httpx.Client) -> None:
    answer = reader.get("/api/v1/targets", params={"limit": 501, "sync": "Sunk"})

    fields = [detail["field"] for detail in answer.json()["error"]["details"]]
    assert (answer.status_code, fields) == (422, ["query.limit", "query.sync"])


@pytest.mark.parametrize("reason", ["", "ab"])
def test_an_operation_without_a_reason_is_refused(admin: httpx.Client, reason: str) -> None:
    answer = admin.post("/api/v1/operations", json={"all": True, "reason": reason})

    (detail,) = answer.json()["error"]["details"]
    assert (answer.status_code, detail["field"]) == (422, "body.reason")


def test_what_is_no_json(admin: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    answer = admin.post("/api/v1/operations", content=b'{"all": tru', headers=headers)

    assert answer.status_code == 422
    assert answer.json()["error"]["reason"] == "InvalidDocument"


def test_json_that_is_too_deep(admin: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    answer = admin.post("/api/v1/operations", content=b"[" * 100_000, headers=headers)

    assert answer.status_code in (400, 422)
    assert set(answer.json()) == {"error"}


def test_a_body_over_its_limit(admin: httpx.Client) -> None:
    answer = admin.post("/api/v1/operations", content=b"x" * 1_000_001)

    assert answer.status_code == 413
    assert answer.json()["error"] == {
        "reason": "LimitExceeded",
        "subject": "/api/v1/operations",
        "message": "the body is larger than 1,000,000 bytes: send fewer documents at once",
        "details": [],
    }


def test_a_body_over_its_limit_that_does_not_say_its_length(admin: httpx.Client) -> None:
    pieces = (b"x" * 100_000 for _ in range(11))

    answer = admin.post("/api/v1/operations", content=pieces)

    assert answer.status_code == 413


def test_a_store_that_is_away(
    live: Live, reader: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_store: Store) -> None:
        raise StoreUnavailable("store", "Redis does not answer")

    monkeypatch.setattr(targets, "summary", away)

    answer = reader.get("/api/v1/fleet")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["error"]["reason"] == "StoreUnavailable"


def test_a_store_that_is_away_is_told_before_the_token_is_judged(
    serve: Callable[..., Live], settings: Settings
) -> None:
    nowhere = settings.store.model_copy(update={"url": SecretStr("redis://127.0.0.1:9/0")})
    live = serve(connection.connect(nowhere, key=None))
    with live.client() as client:
        answers = [
            client.get("/readyz"),
            client.get("/api/v1/fleet", headers={"Authorization": "Bearer x"}),
            client.get("/healthz"),
        ]

    assert [answer.status_code for answer in answers] == [503, 503, 200]


def test_an_unforeseen_error_shows_nothing_of_itself(
    live: Live, reader: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_store: Store) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(targets, "summary", broken)

    answer = reader.get("/api/v1/fleet", headers={"X-Request-Id": "abc-1"})

    assert answer.status_code == 500
    assert answer.json()["error"] == {
        "reason": "Error",
        "subject": "GET /api/v1/fleet",
        "message": "failed in an unforeseen way: the server's log has request abc-1",
        "details": [],
    }


def test_each_answer_has_the_id_of_its_request(reader: httpx.Client) -> None:
    given = reader.get("/api/v1/fleet", headers={"X-Request-Id": "my-id.1"})
    forged = reader.get("/api/v1/fleet", headers={"X-Request-Id": "a b\tc"})

    assert given.headers["x-request-id"] == "my-id.1"
    assert len(forged.headers["x-request-id"]) == 32


def test_a_request_leaves_one_line_without_secrets(admin: httpx.Client) -> None:
    lines = io.StringIO()
    logs.configure(json_lines=True, stream=lines)

    admin.post(
        "/api/v1/apply?reason=secret-query",
        json={"kubeconfigs": {"eu": "secret-kubeconfig"}},
        headers={"X-Request-Id": "line-1"},
    )

    def told() -> list[dict[str, Any]]:
        return [each for each in written(lines) if each.get("request") == "line-1"]

    (line,) = poll.until(told, within=10, what="the line, which follows the answer")
    kept = {key: line[key] for key in ("event", "method", "path", "status", "caller")}
    assert kept == {
        "event": "request",
        "method": "POST",
        "path": "/api/v1/apply",
        "status": 422,
        "caller": "alice",
    }
    token = admin.headers["authorization"].partition(" ")[2]
    ours = [
        each for each in written(lines) if each["logger"] != "httpx"
    ]  # the client's, in this process
    assert [secret for secret in ("secret-", token) if secret in str(ours)] == []


def written(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_every_error_of_ours_has_a_status() -> None:
    def all_of(kind: type[SynclineError]) -> set[type[SynclineError]]:
        return {kind}.union(*(all_of(each) for each in kind.__subclasses__()))

    statuses = {status_of(kind("subject", "detail")) for kind in all_of(SynclineError)}

    assert statuses <= set(STATUS.values())
    assert response(StoreUnavailable("store", "is away")).headers["retry-after"] == "2"
