"""A repository's address means one thing to us, to git, to curl and to ssh."""

import pytest

from syncline.errors import InvalidDocument
from syncline.model import giturl
from syncline.model.giturl import GitUrl


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://GitHub.com/Org/App.git", "https://github.com/Org/App"),
        ("https://github.com/Org/App/", "https://github.com/Org/App"),
        ("https://github.com:443//Org/App.git/", "https://github.com/Org/App"),
        ("https://user:secret@github.com/Org/App", "https://github.com/Org/App"),
        ("HTTP://host:8080/a", "http://host:8080/a"),
        ("git@github.com:Org/App.git", "ssh://github.com/Org/App"),
        ("github.com:Org/App", "ssh://github.com/Org/App"),
        ("ssh://git@github.com:22/Org/App.git", "ssh://github.com/Org/App"),
        ("ssh://git@host:2222/~/app.git", "ssh://host:2222/~/app"),
        ("https://[::1]:8443/app", "https://[::1]:8443/app"),
        ("/srv/git/app.git", "file:///srv/git/app"),
        ("file:///srv/git/app", "file:///srv/git/app"),
        ("/srv/a b/app", "file:///srv/a b/app"),
        ("https://host/a/.git", "https://host/a/.git"),
    ],
)
def test_every_spelling_of_a_place_has_one_normal_form(url: str, normal: str) -> None:
    assert giturl.normalise(url) == normal


@pytest.mark.parametrize(
    "url",
    [
        "",
        "app",
        "./app",
        "../app",
        "--upload-pack=touch /tmp/x",
        "-oProxyCommand=touch:x",
        "ext::sh -c touch%20/tmp/x",
        "fd::17",
        "::/tmp",
        "git://host/app",
        "git+ssh://host/app",
        "javascript://host/app",
        "https:///app",
        "https://-host/app",
        "ssh://-oProxyCommand=x/app",
        "-oProxyCommand=x@host:app",
        "https://host\\@evil.example/app",
        "https://good.example@evil.example@x/app",
        "https://host/a/../b",
        "https://host/a/%2e%2e/b",
        "https://host/a%2fb",
        "https://host/./a",
        "https://host/a?x=1",
        "https://host/a#x",
        "https://ho st/a",
        "https://höst/a",
        "https://host:99x/a",
        "https://host/a\nb",
        "/srv/../etc",
        "/srv/a\0b",
        "file://host/srv/a",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(InvalidDocument):
        giturl.parse(url)


def test_a_refusal_shows_no_userinfo() -> None:
    with pytest.raises(InvalidDocument) as caught:
        giturl.parse("https://user:secret@host/a?x=1")

    assert str(caught.value) == (
        "https://host/a?x=1: has a query or a fragment: write the repository's URL alone"
    )


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://Host:443/Org/App.git", "https://host/Org/App.git"),
        ("https://host:8443/app", "https://host:8443/app"),
        ("git@Host:org/app.git", "git@host:org/app.git"),
        ("ssh://git@host:2222/app", "ssh://git@host:2222/app"),
        ("file:///srv/app", "/srv/app"),
    ],
)
def test_git_is_given_what_was_understood(url: str, address: str) -> None:
    assert giturl.parse(url).address == address


def test_a_password_is_noticed_and_not_kept() -> None:
    assert giturl.parse("https://me:secret@host/app") == GitUrl(
        scheme="https", host="host", path="/app", user="me", password=True
    )


@pytest.mark.parametrize(
    ("prefix", "url", "covered"),
    [
        ("https://host/org", "https://host/org/app", True),
        ("https://host/org/", "https://host/org/app.git", True),
        ("https://host", "https://host/org/app", True),
        ("https://host/org/app", "https://host/org/app.git", True),
        ("https://HOST:443/org", "https://host/org/app", True),
        ("https://host/org", "https://host/organ/app", False),
        ("https://host/org", "https://host.evil.example/org/app", False),
        ("https://host/org", "https://host:8443/org/app", False),
        ("https://host/org", "http://host/org/app", False),
        ("https://host/org", "https://host/", False),
        ("https://host/Org", "https://host/org/app", False),
        ("git@host:org", "git@host:org/app", True),
        ("git@host:org", "ssh://git@host/org/app", True),
        ("ssh://git@host", "other@host:org/app", False),
        ("ssh://host", "git@host:org/app", True),
    ],
)
def test_a_prefix_covers_whole_segments_of_the_same_place(
    prefix: str, url: str, covered: bool
) -> None:
    assert giturl.covers(prefix, giturl.parse(url)) is covered
