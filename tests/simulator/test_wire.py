"""HTTP as clients really send it: in pieces, pipelined, chunked, broken."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.conformance.backend import Backend


@pytest.fixture
def client(cluster: Backend) -> Iterator[socket.socket]:
    port = urlsplit(cluster.url).port
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        yield connection


def head(cluster: Backend, method: str, path: str, *headers: str) -> bytes:
    prefix = urlsplit(cluster.url).path
    token = f"Authorization: Bearer {cluster.token}"
    lines = [f"{method} {prefix}{path} HTTP/1.1", "Host: x", token, *headers, "", ""]
    return "\r\n".join(lines).encode()


def codes(client: socket.socket, count: int) -> list[int]:
    """The status codes of the next `count` answers."""
    data = b""
    while data.count(b"HTTP/1.1 ") < count or not data.endswith((b"}", b"ok", b"found\n", b"t")):
        more = client.recv(65536)
        if not more:
            break
        data += more
    return [int(part[:3]) for part in data.split(b"HTTP/1.1 ")[1:]]


def test_a_request_may_come_byte_by_byte(client: socket.socket, cluster: Backend) -> None:
    for byte in head(cluster, "GET", "/readyz"):
        client.sendall(bytes([byte]))

    assert codes(client, 1) == [200]


def test_requests_may_come_all_at_once(client: socket.socket, cluster: Backend) -> None:
    one = head(cluster, "GET", "/readyz")
    other = head(cluster, "GET", "/api/v1/namespaces/nowhere")

    client.sendall(one + other + one)

    assert codes(client, 3) == [200, 404, 200]


def test_a_body_may_come_in_chunks(client: socket.socket, cluster: Backend) -> None:
    body = b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"chunked"}}'
    path = "/api/v1/namespaces/default/configmaps/chunked?fieldManager=m"
    kind = "Content-Type: application/apply-patch+yaml"
    request = head(cluster, "PATCH", path, kind, "Transfer-Encoding: chunked")
    pieces = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:9], body[9:], b""))

    client.sendall(request + pieces)

    assert codes(client, 1) == [201]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / SPDY/3\r\n\r\n", 505),
        (b"POST / HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nContent-Length: some\r\n\r\n", 400),
        (b"GET /" + b"a" * 70000, 431),
    ],
)
def test_what_is_no_request_is_told_so(client: socket.socket, raw: bytes, code: int) -> None:
    client.sendall(raw)

    assert codes(client, 1) == [code]


def test_a_body_in_yaml_is_read_like_one_in_json(cluster: Backend) -> None:
    body = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata: {day: 2026-01-01}\n"

    applied = cluster.apply("/api/v1/namespaces/default/configmaps/yaml", body)

    assert (applied.code, applied.body["data"]) == (201, {"day": "2026-01-01"})


def test_a_body_that_is_neither_is_refused(cluster: Backend) -> None:
    applied = cluster.apply("/api/v1/namespaces/default/configmaps/broken", b"{not: [json")

    assert (applied.code, applied.body["reason"]) == (400, "BadRequest")
