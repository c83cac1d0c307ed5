"""An index as a stream: what people and generators write, and what would do harm."""

import io
import tracemalloc
from pathlib import Path

import pytest

from syncline_workers.archives import index
from syncline_workers.archives.index import Release, Unreadable

DIGEST = "a" * 64


def table(root: Path, text: str) -> index.Table:
    index.write(io.BytesIO(text.encode()), root / "table", digest="d", etag='"e"', modified="")
    found = index.opened(root / "table")
    assert found is not None
    return found


def test_version_digest_and_url_are_kept_of_each_release(tmp_path: Path) -> None:
    text = f"""
apiVersion: v1
generated: "2026-01-01"
entries:
  web:
    - name: web
      maintainers: [{{name: anna, urls: [x]}}]
      version: 1.1.0
      annotations: {{digest: other, deep: {{urls: [y]}}}}
      urls:
        - web-1.1.0.tgz
        - https://mirror.example/web.tgz
      digest: sha256:{DIGEST}
    - {{version: 1.0.0, urls: []}}
  api: []
serverInfo: {{}}
"""

    found = table(tmp_path, text)

    assert found.releases("web") == (
        Release("1.1.0", DIGEST, "web-1.1.0.tgz"),
        Release("1.0.0", "", ""),
    )
    assert found.releases("api") == found.releases("db") == ()
    assert found.etag == '"e"'


@pytest.mark.parametrize(
    "text",
    [
        "entries: [web]",
        "apiVersion: v1",
        "- entries",
        "entries: {[a]: []}",
        "entries: {web: [{version: 1.0.0",
        "\x00",
    ],
)
def test_what_is_no_index_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Unreadable):
        table(tmp_path, text)


def test_an_empty_index_has_no_chart(tmp_path: Path) -> None:
    assert table(tmp_path, "entries:\n").places == {}


def test_aliases_are_not_unfolded(tmp_path: Path) -> None:
    bomb = "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))

    found = table(tmp_path, f"a0: &a0 [x]\n{bomb}entries: {{web: [{{version: 1.0.0}}]}}\n")

    assert found.releases("web") == (Release("1.0.0", "", ""),)


def test_endless_releases_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "RELEASES", 2)

    with pytest.raises(Unreadable, match="more than 2 releases"):
        table(tmp_path, "entries: {web: [{version: 1.0.0}, {version: 1.0.1}, {version: 1.0.2}]}")


def test_an_index_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    filler = "      description: " + "x" * 1000 + "\n"
    entries = "".join(f"    - version: 1.0.{n}\n{filler}" for n in range(3000))
    text = f"entries:\n  web:\n{entries}".encode()
    tracemalloc.start()
    try:
        index.write(io.BytesIO(text), tmp_path / "table", digest="", etag="", modified="")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(text) > 3_000_000
    assert peak < len(text) / 2


def test_a_broken_table_is_none(tmp_path: Path) -> None:
    (tmp_path / "table").write_bytes(b"{")

    assert index.opened(tmp_path / "table") is None
