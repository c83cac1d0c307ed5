"""TLS of a chart repository, as its document says; and the proxy that the workers have."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from syncline.errors import InvalidDocument, RepositoryUnreachable
from tests.archives.desk import Desk, named, record
from tests.harness import tls
from tests.harness.charts import ChartRepository
from tests.harness.proxy import ForwardProxy, proxying
from tests.harness.tls import Authority
from tests.harness.webserver import Reply


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


@pytest.fixture
def clients(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "clients")


@pytest.fixture
def secure(served: ChartRepository, authority: Authority, clients: Authority) -> Iterator[str]:
    """The charts behind TLS that asks for a certificate; gives the URL."""
    served.publish("web", "1.0.0")
    with tls.front(served.web.port, authority.issue("server"), clients=clients) as port:
        yield f"https://127.0.0.1:{port}/charts"


def test_a_repository_has_an_authority_and_a_certificate_of_its_own(
    secure: str, desk: Desk, authority: Authority, clients: Authority
) -> None:
    shown = clients.issue("client")
    folder = desk.root / "credentials"
    folder.mkdir()
    (folder / "client.crt").write_bytes(shown.certificate.read_bytes())
    (folder / "client.key").write_bytes(shown.key.read_bytes())
    said = {"ca": authority.file.read_text(), "certificateRef": "file:client.crt"}
    mine = desk.open(allow_http=False)
    own = record(secure, tls={**said, "keyRef": "file:client.key"})

    with mine.tree(own, f"web@{named(mine, own, 'web@1.0.0')}") as tree:
        assert tree.read("values.yaml") == b"greeting: hello\n"

    with pytest.raises(RepositoryUnreachable, match="did not answer"):
        named(mine, record(secure, tls={"ca": authority.file.read_text()}), "web@1.0.0")


def test_https_does_not_lead_to_http(
    served: ChartRepository, desk: Desk, authority: Authority
) -> None:
    served.web.reply = lambda _: Reply(302, b"", {"Location": f"{served.url}/index.yaml"})
    with tls.front(served.web.port, authority.issue("server")) as port:
        url, said = f"https://127.0.0.1:{port}", {"ca": authority.file.read_text()}

        with pytest.raises(InvalidDocument, match="which is not asked: it is not https"):
            named(desk.open(), record(url, tls=said), "web@1.0.0")

    assert len(served.web.asked) == 1


def test_another_authority_is_not_trusted(secure: str, desk: Desk, clients: Authority) -> None:
    for said in ({"tls": {"ca": clients.file.read_text()}}, {}):
        with pytest.raises(RepositoryUnreachable, match="its certificate is not trusted"):
            named(desk.open(), record(secure, **said), "web@1.0.0")


@pytest.fixture
def proxy() -> Iterator[ForwardProxy]:
    with proxying() as found:
        yield found


def test_the_workers_proxy_is_taken_but_for_what_needs_none(
    served: ChartRepository, desk: Desk, proxy: ForwardProxy
) -> None:
    served.publish("web", "1.0.0")
    proxy.user = "anna:p@ss"
    through = proxy.url().replace("://", "://anna:p%40ss@")
    variables, own = {"http_proxy": through}, record(served.url)

    digest = named(desk.open({**variables, "no_proxy": "127.0.0.1"}), own, "web@1.0.0")
    assert proxy.asked == []

    with desk.open(variables).tree(own, f"web@{digest}"):
        assert len(proxy.asked) == 1


HEAD = b"HTTP/1.1 200 OK\r\n"
LONG = HEAD + b"Content-Length: 1000\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        HEAD,
        HEAD + b"Content-Length: 1000\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_who_sends_a_byte_now_and_then_is_cut_off(desk: Desk, beginning: bytes) -> None:
    with dripping(beginning) as port:
        own = record(f"http://127.0.0.1:{port}", timeout="1s")

        with pytest.raises(RepositoryUnreachable, match="no end within 1 s"):
            named(desk.open(), own, "web@1.0.0")


@contextmanager
def dripping(beginning: bytes) -> Iterator[int]:
    """Answers with a beginning, and then a byte ten times a second for half a minute."""
    ended = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            self.request.sendall(beginning)
            for _ in range(300):
                if ended.wait(0.1):
                    return
                with suppress(OSError):
                    self.request.sendall(b"1")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        ended.set()
        server.shutdown()
