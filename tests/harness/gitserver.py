"""A real Git server over HTTP. What it serves is pushed to it by `WorkRepo`.

`git http-backend` does the serving behind Python's own HTTP server, in threads of this process, on
127.0.0.1. It can ask for a password, be slow, fail, or redirect, and it remembers what it was
asked. Run as a module it is a process of its own: `python -m tests.harness.gitserver ROOT PORT`.
"""

import base64
import http.server
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

from tests.harness.largefiles import LargeFiles
from tests.harness.workrepo import ENVIRONMENT, WorkRepo

__all__ = ["Asked", "GitServer", "WorkRepo"]

CHUNK = 65_536
_PATIENCE = 30.0  # seconds for a client to shake hands, and to say goodbye


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    authorization: str


class Api(Protocol):
    """What a Git host has beside Git."""

    def __call__(self, asked: Asked, body: bytes) -> tuple[int, bytes] | None:
        """Give a status and JSON; None where it is none of its requests."""


@dataclass
class GitServer:
    """Serves each bare repository below `root` as `url(name)`. Its knobs may be turned any time."""

    root: Path
    users: Mapping[str, str] | None = None  # name → password; None: everybody may read and push
    delay: float = 0.0  # seconds before each answer
    status: int = 0  # answer this instead, where it is not 0
    patience: str = ""  # the header Retry-After of such an answer
    filters: bool = True  # it can leave blobs out
    modern: bool = True  # it speaks version 2 of the protocol, which gives out any object by its id
    redirect: str = ""  # send everybody to the same path of this place instead
    api: "Api | None" = None  # answers what is not Git's, where it gives an answer
    tls: ssl.SSLContext | None = None  # what it shows and asks for; None: it speaks plain HTTP
    large: LargeFiles | None = None  # what it has of Git LFS
    asked: list[Asked] = field(default_factory=list)
    _http: http.server.ThreadingHTTPServer = field(init=False, repr=False)
    _stopped: threading.Event = field(default_factory=threading.Event, init=False, repr=False)

    @classmethod
    def start(
        cls,
        root: Path,
        *,
        users: Mapping[str, str] | None = None,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> "GitServer":
        """Listens at once; port 0: any free one."""
        server = cls(root, users, tls=tls)
        server.listen(port)
        return server

    def listen(self, port: int) -> None:
        """Listens again, after `stop`."""
        self._stopped.clear()
        handler = type("Bound", (_Request,), {"owner": self})
        self._http = _Server(("127.0.0.1", port), handler)
        self._http.tls = self.tls
        serve = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        serve.start()

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    def url(self, repo: str = "") -> str:
        """The URL of a repository, without credentials: `url("fleet.git")`."""
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/{repo}"

    def count(self, part: str = "") -> int:
        """How many requests had this in their path."""
        return sum(part in asked.path for asked in self.asked)

    def stop(self) -> None:
        """Refuses connections from now on."""
        self._stopped.set()
        self._http.shutdown()
        self._http.server_close()

    def allows(self, authorization: str) -> bool:
        """Whether these credentials, `Basic …`, may come in."""
        if self.users is None:
            return True
        pairs = (f"{user}:{password}" for user, password in self.users.items())
        return authorization in {f"Basic {base64.b64encode(p.encode()).decode()}" for p in pairs}

    def wait(self) -> None:
        """Passes the delay, or less where the server stops."""
        if self.delay:
            self._stopped.wait(self.delay)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    tls: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In a thread of its own: a client that does not shake hands keeps nobody else waiting."""
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        with self.tls.wrap_socket(
            request, server_side=True, do_handshake_on_connect=False
        ) as secure:
            secure.settimeout(_PATIENCE)
            try:
                secure.do_handshake()
                super().finish_request(secure, client_address)
                secure.unwrap()
            finally:  # what it was told would be lost with a connection that is reset
                _hang_up(secure)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is no news."""


class _Request(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # curl sends large pushes in chunks to no less
    owner: GitServer

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self._body())

    def log_message(self, *_: object) -> None:
        """Nothing: `asked` has it."""

    def _serve(self, body: bytes) -> None:
        owner = self.owner
        authorization = self.headers.get("Authorization", "")
        asked = Asked(self.command, self.path, authorization)
        owner.asked.append(asked)
        self.close_connection = True
        if owner.api is not None and (said := owner.api(asked, body)) is not None:
            self._json(*said)
            return
        owner.wait()
        if owner.status:
            self._short(owner.status, "Retry-After", owner.patience or "none")
        elif owner.redirect:
            self._short(HTTPStatus.MOVED_PERMANENTLY, "Location", owner.redirect + self.path)
        elif not owner.allows(authorization):
            self._short(HTTPStatus.UNAUTHORIZED, "WWW-Authenticate", 'Basic realm="git"')
        elif owner.large and (
            found := owner.large.answer(owner.url(), self.command, self.path, body)
        ):
            self._whole(*found)
        else:
            self._backend(body)

    def _whole(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _short(self, status: int, name: str = "X-Reason", value: str = "asked for") -> None:
        self.send_response(status)
        self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def _json(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _backend(self, body: bytes) -> None:
        """CGI: what git prints first are headers."""
        command = ["git", "http-backend"]
        with subprocess.Popen(
            command, env=self._cgi(body), stdin=-1, stdout=-1, stderr=subprocess.DEVNULL
        ) as backend:
            assert backend.stdin is not None
            assert backend.stdout is not None
            feeding = threading.Thread(target=_feed, args=(backend.stdin, body), daemon=True)
            feeding.start()
            headers = dict(_headers(backend.stdout))
            self.send_response(int(headers.pop("Status", "200").split()[0]))
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            try:
                shutil.copyfileobj(backend.stdout, self.wfile, CHUNK)
            finally:
                backend.kill()
                feeding.join()

    def _cgi(self, body: bytes) -> dict[str, str]:
        url = urlsplit(self.path)
        return ENVIRONMENT | {
            "GIT_PROJECT_ROOT": str(self.owner.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "3",
            "GIT_CONFIG_KEY_0": "http.receivepack",
            "GIT_CONFIG_VALUE_0": "true",
            "GIT_CONFIG_KEY_1": "safe.directory",
            "GIT_CONFIG_VALUE_1": "*",
            "GIT_CONFIG_KEY_2": "uploadpack.allowFilter",
            "GIT_CONFIG_VALUE_2": str(self.owner.filters).lower(),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", "") if self.owner.modern else "",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": url.path,
            "QUERY_STRING": url.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)


def _hang_up(sock: socket.socket) -> None:
    with suppress(OSError):  # the other side did so first
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(CHUNK):
            pass


def _feed(stdin: IO[bytes], body: bytes) -> None:
    try:
        with stdin:
            stdin.write(body)
    except BrokenPipeError:
        pass  # it had seen enough


def _headers(stdout: IO[bytes]) -> list[tuple[str, str]]:
    found = []
    while line := stdout.readline().strip():
        name, _, value = line.decode().partition(": ")
        found.append((name, value))
    return found


if __name__ == "__main__":
    serving = GitServer.start(Path(sys.argv[1]), port=int(sys.argv[2]))
    sys.stdout.write(f"ready {serving.url()}\n")
    sys.stdout.flush()
    threading.Event().wait()
