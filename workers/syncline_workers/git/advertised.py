"""The names that a server advertises, asked by one plain HTTP request: a tenth of git's CPU.

A fleet asks for them all day, and mostly nothing is new. Only what is simple goes this way: no
proxy, no authorities or certificates of one's own. Whatever is not answered as it should be is
asked again by git, of whose words errors are made; but a host that has had enough, or that did not
answer in time, is not.
"""

from __future__ import annotations

import functools
import http.client
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Final
from urllib.parse import urlsplit

from syncline_workers.git import command, patience
from syncline_workers.git.access import Access

_CHUNK = 65_536
_TYPE: Final = "application/x-git-upload-pack-advertisement"
_SERVICE: Final = b"# service=git-upload-pack\n"
_OTHERWISE: Final = (
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GIT_SSL_CERT",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
)
"""Variables that tell git of another way than the straight one."""


class Refused(Exception):
    """The host answered 429, too many requests; ``args[0]``: the seconds that it asks for, or 0."""


def listing(access: Access) -> str | None:
    """Ask; gives lines as ``git ls-remote`` prints them, None where git is to ask.

    Raises:
        TimeoutError: there was no whole answer in time.
        Refused: it does not want to be asked.
        command.Flooded: it sent too much.
    """
    headers = _headers(access)
    if headers is None:
        return None
    try:
        body = _body(access, headers)
    except TimeoutError:
        raise
    except (OSError, http.client.HTTPException, ValueError):
        return None
    return None if body is None else _lines(body)


def _headers(access: Access) -> dict[str, str] | None:
    """What git would send; None where it is told more than that."""
    env = access.environment
    if access.url.scheme not in ("https", "http") or any(env.get(name) for name in _OTHERWISE):
        return None
    headers = {"User-Agent": "git/2 (syncline)", "Accept": "*/*", "Connection": "close"}
    for key, value in command.settings(env).items():
        if key == f"http.{access.url.address}.extraHeader":
            name, _, content = value.partition(": ")
            headers[name] = content
        elif key.startswith("http.") and key != "http.followRedirects":
            return None
    return headers


def _body(access: Access, headers: Mapping[str, str]) -> bytes | None:
    """The whole answer; None where it is none of a Git server."""
    until = time.monotonic() + access.timeout
    url = urlsplit(access.url.address)
    if url.scheme == "https":
        made: http.client.HTTPConnection = http.client.HTTPSConnection(
            url.hostname or "", url.port, timeout=access.timeout, context=_tls()
        )
    else:
        made = http.client.HTTPConnection(url.hostname or "", url.port, timeout=access.timeout)
    with closing(made) as connection:
        place = f"{url.path.rstrip('/')}/info/refs?service=git-upload-pack"
        connection.request("GET", place, headers=dict(headers))
        with closing(connection.getresponse()) as answer:
            return _read(answer, until)


def _read(answer: http.client.HTTPResponse, until: float) -> bytes | None:
    if answer.status == http.client.TOO_MANY_REQUESTS:
        raise Refused(patience.seconds(answer.getheader("Retry-After", "")))
    if answer.status != http.client.OK or answer.getheader("Content-Type") != _TYPE:
        return None
    body = bytearray()
    while chunk := answer.read1(_CHUNK):
        body += chunk
        if len(body) > command.OUTPUT:
            raise command.Flooded
        if time.monotonic() > until:
            raise TimeoutError
    return bytes(body)


@functools.cache
def _tls() -> ssl.SSLContext:
    """The system's authorities; to read them takes longer than to ask."""
    return ssl.create_default_context()


def _lines(body: bytes) -> str | None:
    """Read version 0 of the protocol; None where it is another, or cut."""
    try:
        service, *names = list(_packets(body))
    except ValueError:
        return None
    if service != _SERVICE:
        return None
    found = []
    for line in names:
        oid, _, name = line.partition(b"\0")[0].rstrip(b"\n").partition(b" ")
        if name != b"capabilities^{}":  # of an empty repository
            found.append(f"{oid.decode()}\t{name.decode(errors='replace')}\n")
    return "".join(found)


def _packets(body: bytes) -> Iterator[bytes]:
    """Lines of a list that ends with a flush; the service's is followed by one, too."""
    place, flushed = 0, 0
    while place < len(body):
        head = body[place : place + 4]
        size = int(head, 16)
        if head == b"0000":
            flushed += 1
            place += 4
            continue
        line = body[place + 4 : place + size]
        if len(line) != size - 4 or line.startswith((b"ERR ", b"version ")):
            raise ValueError
        yield line
        place += size
    if flushed != 2:  # noqa: PLR2004 -- behind the service, and at the end
        raise ValueError
