"""URLs of checks: how they are read, shown and refused."""

import pytest

from syncline.errors import InvalidDocument
from syncline.model import weburl
from syncline.model.weburl import WebUrl


@pytest.mark.parametrize(
    ("url", "read", "authority", "target"),
    [
        (
            "https://Shop.Example.com",
            WebUrl(scheme="https", host="shop.example.com", port=443),
            "shop.example.com",
            "/",
        ),
        (
            "http://10.0.0.1:8080/live?a=b/c",
            WebUrl(scheme="http", host="10.0.0.1", port=8080, path="/live", query="?a=b/c"),
            "10.0.0.1:8080",
            "/live?a=b/c",
        ),
        (
            "HTTP://[fd00::1]:80/",
            WebUrl(scheme="http", host="fd00::1", port=80),
            "[fd00::1]",
            "/",
        ),
        (
            "http://shop?x",
            WebUrl(scheme="http", host="shop", port=80, query="?x"),
            "shop",
            "/?x",
        ),
    ],
)
def test_a_url_is_read(url: str, read: WebUrl, authority: str, target: str) -> None:
    assert weburl.parse(url) == read
    assert (read.authority, read.target) == (authority, target)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("shop.example.com", "must be an http:// or https:// URL"),
        ("file:///etc/passwd", "must be an http:// or https:// URL"),
        ("gopher://shop/", "must be an http:// or https:// URL"),
        ("http://user:hidden@shop/", "holds a user or a password"),
        ("http://shop@evil/", "holds a user or a password"),
        ("http://shop\\@evil/", "without \\"),
        ("http://shop/a b", "printable ASCII"),
        ("http://shop/\r\nX-A: b", "printable ASCII"),
        ("http://shöp/", "printable ASCII"),
        ("http://shop/#a", "holds a fragment"),
        ("http:///a", "has no readable host"),
        ("http://[::1/", "has no readable host"),
        ("http://-/", "has no readable host"),
        ("http://shop:99999/", "has no such port as 99999"),
        ("http://shop:0/", "has no such port as 0"),
        (f"http://shop/{'a' * 2048}", "at most 2048"),
    ],
)
def test_what_could_be_read_differently_is_refused(url: str, told: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        weburl.parse(url)

    assert told in caught.value.detail
    assert "hidden" not in str(caught.value)


def test_a_query_is_not_shown() -> None:
    assert str(weburl.parse("https://shop:8443/live?token=hidden")) == "https://shop:8443/live"
    assert weburl.shown("https://a:hidden@shop/live?token=hidden#hidden") == "https://shop/live"
