import pytest

from syncline.errors import InvalidDocument
from syncline_workers.renderers import baseurl
from syncline_workers.renderers.baseurl import Named


@pytest.mark.parametrize(
    ("written", "address", "path"),
    [
        ("https://h.io/org/repo//a/b?ref=v1", "https://h.io/org/repo", "a/b"),
        ("https://h.io/org/repo.git//a?ref=v1", "https://h.io/org/repo.git", "a"),
        ("https://h.io/org/repo.git/a?ref=v1", "https://h.io/org/repo.git", "a"),
        ("https://h.io/org/repo?ref=v1", "https://h.io/org/repo", "."),
        ("https://github.com/org/repo/a/b?ref=v1", "https://github.com/org/repo", "a/b"),
        ("github.com/org/repo/a?version=v1", "https://github.com/org/repo", "a"),
        ("git::https://h.io/repo//a?ref=v1&timeout=90s", "https://h.io/repo", "a"),
        ("ssh://git@h.io/org/repo//a?ref=v1&submodules=false", "ssh://git@h.io/org/repo", "a"),
        ("git@github.com:org/repo//a/?ref=v1", "git@github.com:org/repo", "a"),
        ("file:///srv/git/repo.git//a?ref=v1", "file:///srv/git/repo.git", "a"),
    ],
)
def test_a_base_is_read_as_kustomize_reads_it(written: str, address: str, path: str) -> None:
    assert baseurl.is_like(written)
    assert baseurl.parse(written) == Named(address, path, "v1")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("https://h.io/org/repo//a", "names no commit: add ?ref= and its full id"),
        ("https://h.io/org/repo//a?ref=v1&depth=1", "has the unknown option depth"),
        ("ext::sh -c x//a?ref=v1", "holds spaces"),
        ("ftp://h.io/repo//a?ref=v1", "has the unknown protocol ftp"),
        ("https://h.io/a/../b//c?ref=v1", "has . or .."),
    ],
)
def test_anything_else_is_refused(written: str, why: str) -> None:
    with pytest.raises(InvalidDocument, match=why.replace("?", r"\?").replace(".", r"\.")):
        baseurl.parse(written)
