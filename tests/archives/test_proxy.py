"""Charts through a proxy of the repository's own."""

from collections.abc import Iterator

import pytest

from syncline.errors import SynclineError
from syncline_workers.git import proxies
from tests.archives.desk import Desk, named, record
from tests.harness.charts import ChartRepository
from tests.harness.proxy import ForwardProxy, proxying

SCHEMES = ("http", "socks5", "socks5h")


@pytest.fixture
def proxy() -> Iterator[ForwardProxy]:
    with proxying() as made:
        yield made


@pytest.mark.parametrize("scheme", SCHEMES)
def test_charts_are_read_through_the_repositorys_proxy_alone(
    served: ChartRepository, desk: Desk, proxy: ForwardProxy, scheme: str
) -> None:
    digest = served.publish("web", "1.0.0")
    proxy.user = "me:pa ss"
    desk.root.joinpath("credentials").mkdir()
    desk.root.joinpath("credentials/proxy").write_text("me:pa ss\n")
    repositories = desk.open({"http_proxy": "http://127.0.0.1:9"})
    said = {"url": proxy.url(scheme), "ref": "file:proxy"}

    assert named(repositories, record(served.url, proxy=said), "web@1.0.0") == digest

    spoken = "GET" if scheme == "http" else "SOCKS5"
    assert proxy.asked == [(spoken, served.url.split("/")[2])]


def test_hosts_of_no_proxy_are_reached_without_it(
    served: ChartRepository, desk: Desk, proxy: ForwardProxy
) -> None:
    digest = served.publish("web", "1.0.0")
    said = {"url": proxy.url(), "noProxy": ["127.0.0.0/8"]}

    assert named(desk.open(), record(served.url, proxy=said), "web@1.0.0") == digest
    assert proxy.asked == []


def test_a_proxy_that_asks_for_a_password_is_no_way(
    served: ChartRepository, desk: Desk, proxy: ForwardProxy
) -> None:
    served.publish("web", "1.0.0")
    proxy.user = "me:pa ss"

    with pytest.raises(SynclineError):
        named(desk.open(), record(served.url, proxy={"url": proxy.url()}), "web@1.0.0")
    assert served.web.asked == []


@pytest.mark.parametrize(
    ("host", "without", "passes"),
    [
        ("git.corp", ["corp"], True),
        ("git.corp", [".corp"], True),
        ("corp", [".corp"], True),
        ("gitcorp", ["corp"], False),
        ("10.1.2.3", ["10.0.0.0/8"], True),
        ("11.1.2.3", ["10.0.0.0/8"], False),
        ("[fd00::1]", ["fd00::/8"], True),
        ("host", ["10.0.0.0/8", "*"], True),
        ("host", [], False),
    ],
)
def test_hosts_are_meant_as_curl_means_them(host: str, without: list[str], passes: bool) -> None:
    assert proxies.is_passed_by(host, without) is passes
