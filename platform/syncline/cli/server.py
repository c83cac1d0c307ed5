"""The API as the CLI sees it: requests, pages, events; its refusals become exit codes."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from syncline.cli.exits import CommandFailed, Exit

API = "/api/v1"
DEFAULT = "http://127.0.0.1:8080"
PAGE = 500
"""Items asked for at once: the most that the API gives."""

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_TIMEOUT = httpx.Timeout(40.0, connect=5.0)
"""Longer than the longest wait that a request may ask the server for, 30 s."""

_NOTHING_GIVEN = (
    "none was given: set SYNCLINE_TOKEN, or --token-file to the file that holds it "
    "(`syncline up` writes DIR/token)"
)

Params = Mapping[str, str | int | bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the API is, and who asks."""

    url: str = DEFAULT
    token: str = field(default="", repr=False)
    token_file: Path | None = None
    ca_file: Path | None = None

    def open(self) -> Server:
        """Prepare a client; nothing is sent yet.

        Raises:
            CommandFailed: no token was given, or its file cannot be read.
        """
        host = urlsplit(self.url).hostname or ""
        headers = {"Authorization": f"Bearer {_token(self)}"}
        return Server(
            self.url,
            httpx.Client(
                base_url=self.url.rstrip("/"),
                headers=headers,
                timeout=_TIMEOUT,
                verify=_trust(self.ca_file),
                trust_env=host not in _LOOPBACK,  # a proxy has no way to our loopback
            ),
        )


@dataclass(frozen=True, slots=True)
class Server:
    """An open client. Each method raises ``CommandFailed`` with the exit code that fits."""

    url: str
    http: httpx.Client

    def get(self, path: str, params: Params | None = None) -> Any:
        """Read one document."""
        return self._send("GET", path, params=_present(params)).json()

    def post(
        self,
        path: str,
        body: object,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Ask for something to be done."""
        return self._send(
            "POST", path, json=body, params=_present(params), headers=dict(headers or {})
        ).json()

    def delete(self, path: str, params: Params | None = None) -> Any:
        """Remove something."""
        answer = self._send("DELETE", path, params=_present(params))
        return answer.json() if answer.content else None

    def walk(self, path: str, params: Params | None = None) -> Iterator[dict[str, Any]]:
        """Read a list to its end, page by page."""
        asked: dict[str, Any] = {"limit": PAGE, **_present(params)}
        while True:
            page = self.get(path, asked)
            yield from page["items"]
            if not page.get("cursor"):
                return
            asked["cursor"] = page["cursor"]

    def download(self, path: str) -> Iterator[bytes]:
        """Read an answer of any size, part by part."""
        try:
            with self.http.stream("GET", API + path) as answer:
                if answer.is_error:
                    answer.read()
                    raise _refusal(answer)
                yield from answer.iter_raw()
        except httpx.TransportError as exc:
            raise _unreachable(self.url, exc) from exc

    def lines(self, path: str, *, params: Params, last: str = "") -> Iterator[str]:
        """Read a stream of server-sent events line by line until the server closes it."""
        headers = {"Last-Event-ID": last} if last else {}
        try:
            with self.http.stream(
                "GET", API + path, params=_present(params), headers=headers
            ) as answer:
                if answer.is_error:
                    answer.read()
                    raise _refusal(answer)
                yield from answer.iter_lines()
        except httpx.TransportError as exc:
            raise _unreachable(self.url, exc) from exc

    def _send(self, method: str, path: str, **rest: Any) -> httpx.Response:
        prefix = "" if path in ("/healthz", "/readyz") else API
        try:
            answer = self.http.request(method, prefix + path, **rest)
        except (httpx.TransportError, httpx.InvalidURL) as exc:
            raise _unreachable(self.url, exc) from exc
        if answer.is_error:
            raise _refusal(answer)
        return answer


def _token(address: Address) -> str:
    file, token = address.token_file, address.token
    if file is not None:
        try:
            token = file.read_text().strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise CommandFailed(str(file), f"cannot be read: {exc}", Exit.USAGE) from exc
    if not token or not token.isascii() or not token.isprintable():
        raise CommandFailed("token", _NOTHING_GIVEN, Exit.UNAUTHORISED)
    return token


def _trust(ca_file: Path | None) -> ssl.SSLContext | bool:
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as exc:
        raise CommandFailed(str(ca_file), f"holds no certificates: {exc}", Exit.USAGE) from exc


def _present(params: Params | None) -> dict[str, str | int | bool]:
    return {key: value for key, value in (params or {}).items() if value not in (None, "")}


def _unreachable(url: str, cause: Exception) -> CommandFailed:
    fact = str(cause) or type(cause).__name__
    detail = f"{fact}: is the server running? Set --server or SYNCLINE_SERVER"
    return CommandFailed(f"server {url}", detail, Exit.UNREACHABLE)


def _refusal(answer: httpx.Response) -> CommandFailed:
    exit_code = _exit_of(answer.status_code)
    try:
        error = answer.json()["error"]
        subject, message, reason = error["subject"], error["message"], error["reason"]
    except (ValueError, KeyError, TypeError):
        fact = f"answered {answer.status_code} without an error of ours: is this a Syncline server?"
        return CommandFailed(str(answer.request.url.copy_with(query=None)), fact, exit_code)
    return CommandFailed(subject, f"{reason}: {message}", exit_code)


def _exit_of(status: int) -> Exit:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Exit.UNAUTHORISED
    if status == HTTPStatus.NOT_FOUND:
        return Exit.NOT_FOUND
    return Exit.UNREACHABLE if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Exit.REFUSED
