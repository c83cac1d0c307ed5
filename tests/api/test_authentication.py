"""Nothing answers without a token but the health checks; scopes decide how far one reaches."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from syncline.api.app import describe
from syncline.model.access import Scope
from syncline.store import tokens
from tests.api.conftest import Live
from tests.harness.poll import until

OPEN = {"/healthz", "/readyz"}
FILLED = {"uid": "0123456789abcdef", "project": "default", "name": "x", "ident": "x", "kind": "x"}
FILLED |= {"lane": "user", "run": "1"}


def _routes() -> Iterator[tuple[str, str, str]]:
    """Each route as method, path and the scope that it declares."""
    for path, methods in describe()["paths"].items():
        if path in OPEN:
            continue
        for method, operation in methods.items():
            (scope,) = operation["security"][0]["token"]
            yield method.upper(), path.format(**FILLED), scope


ROUTES = list(_routes())


def _stream_once(client: httpx.Client, method: str, path: str) -> int:
    """Ask, and look only at the status: the stream of events never ends."""
    with client.stream(method, path) as answer:
        return answer.status_code


def test_every_route_refuses_without_a_token(live: Live) -> None:
    with live.client() as nobody:
        answers = {(m, p): _stream_once(nobody, m, p) for m, p, _ in ROUTES}

    assert set(answers.values()) == {401}


def test_documentation_and_unknown_paths_need_a_token_too(live: Live) -> None:
    with live.client() as nobody:
        paths = ("/docs", "/openapi.json", "/api/v1/nonsense", "/")
        statuses = [nobody.get(path).status_code for path in paths]

    assert statuses == [401] * 4


def test_health_checks_need_none(live: Live) -> None:
    with live.client() as nobody:
        answers = [nobody.get(path) for path in sorted(OPEN)]

    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (200, {"status": "ok"}),
        (200, {"status": "ok"}),
    ]


def test_a_refusal_says_what_to_send(live: Live) -> None:
    with live.client() as nobody:
        answer = nobody.get("/api/v1/fleet")

    assert answer.headers["www-authenticate"] == 'Bearer realm="syncline"'
    assert answer.json() == {
        "error": {
            "reason": "Unauthenticated",
            "subject": "/api/v1/fleet",
            "message": "send the header Authorization: Bearer TOKEN",
            "details": [],
        }
    }


@pytest.mark.parametrize("held", [Scope.READ, Scope.HOOK, Scope.METRICS])
def test_a_scope_reaches_only_the_routes_that_declare_it(live: Live, held: Scope) -> None:
    with live.client(held, name="narrow") as client:
        allowed = {(m, p) for m, p, _ in ROUTES if _stream_once(client, m, p) != 403}

    reached = {held, Scope.METRICS} if held is Scope.READ else {held}
    assert allowed == {(m, p) for m, p, scope in ROUTES if scope in reached}


def test_an_administrator_reaches_every_route(live: Live) -> None:
    with live.client(Scope.ADMIN) as client:
        refused = [(m, p) for m, p, _ in ROUTES if _stream_once(client, m, p) in (401, 403)]

    assert refused == []


def test_a_refused_scope_is_named(reader: httpx.Client) -> None:
    answer = reader.post("/api/v1/operations", json={"all": True, "reason": "because"})

    assert answer.status_code == 403
    assert answer.json()["error"] == {
        "reason": "Forbidden",
        "subject": "POST /api/v1/operations",
        "message": "needs a token with the scope admin; rita has read",
        "details": [],
    }


@pytest.mark.parametrize(
    "header",
    ["Bearer nonsense", "Basic YTpi", "bearer", "Bearer \xff\xfe", "Bearer a b"],
)
def test_what_is_no_good_token_is_refused(live: Live, header: str) -> None:
    with live.client() as nobody:
        headers = [(b"Authorization", header.encode("latin-1"))]
        answer = nobody.get("/api/v1/fleet", headers=headers)

    assert answer.status_code == 401


def test_a_revoked_token_is_refused_at_once(live: Live, admin: httpx.Client) -> None:
    made: dict[str, Any] = admin.post(
        "/api/v1/tokens", json={"name": "ci", "scopes": ["read"]}
    ).json()
    theirs = {"Authorization": f"Bearer {made['token']}"}
    before = httpx.get(f"{live.url}/api/v1/fleet", headers=theirs).status_code

    admin.delete(f"/api/v1/tokens/{made['id']}")

    after = httpx.get(f"{live.url}/api/v1/fleet", headers=theirs).status_code
    assert (before, after) == (200, 401)


def test_an_expired_token_is_refused_with_the_next_step(live: Live) -> None:
    token = tokens.create(live.store, "old", scopes=("read",), ttl=timedelta(milliseconds=1))
    headers = {"Authorization": f"Bearer {token}"}

    def answered() -> httpx.Response | None:
        answer = httpx.get(f"{live.url}/api/v1/fleet", headers=headers)
        return answer if answer.status_code == 401 else None

    answer = until(answered, within=5, what="the token has expired")

    assert answer.json()["error"]["message"] == (
        "the token is unknown, expired or revoked: ask for a new one"
    )


def test_tokens_are_listed_without_themselves(admin: httpx.Client) -> None:
    made = admin.post(
        "/api/v1/tokens", json={"name": "ci", "scopes": ["read", "hook"], "ttlSeconds": 60}
    ).json()

    listed = admin.get("/api/v1/tokens").json()

    shown = {key: value for key, value in made.items() if key != "token"}
    assert shown in listed["items"]
    assert made["token"] not in str(listed)


def test_an_unknown_token_cannot_be_revoked(admin: httpx.Client) -> None:
    answer = admin.delete("/api/v1/tokens/nonsense")

    assert (answer.status_code, answer.json()["error"]["subject"]) == (404, "Token/nonsense")
