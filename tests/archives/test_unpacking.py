"""Archives that mean harm are refused, each with what is wrong with it."""

import gzip
import io
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from syncline_workers.archives import unpacking
from syncline_workers.archives.objects import Objects
from syncline_workers.archives.unpacking import Refused, TooMuch

LIMIT = 1_000_000


def member(name: str, content: bytes = b"x", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def packed(members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(plain.getvalue())


def unpack(root: Path, archive: bytes, *, strip: bool = False) -> tuple[str, Objects]:
    (root / "a.tgz").write_bytes(archive)
    with (root / "content").open("wb") as file:
        objects = Objects(file)
        oid = unpacking.unpack(root / "a.tgz", root / "a.tar", objects, limit=LIMIT, strip=strip)
    return oid, objects


def test_the_same_files_have_the_same_id_in_any_order(tmp_path: Path) -> None:
    files = [member("b/c", b"1"), member("a", b"2"), member("b.txt", b"3")]

    forward, _ = unpack(tmp_path, packed(files))
    backward, _ = unpack(tmp_path, packed(reversed(files)))

    assert forward == backward


def test_a_charts_own_directory_is_left_out(tmp_path: Path) -> None:
    bare, _ = unpack(tmp_path, packed([member("Chart.yaml")]))

    assert unpack(tmp_path, packed([member("web/Chart.yaml")]), strip=True)[0] == bare


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ([member("../evil")], "leads outside"),
        ([member("a/../../evil")], "leads outside"),
        ([member("/etc/passwd")], "leads outside"),
        ([member("a\\..\\evil")], "no plain name"),
        ([member("a\nb")], "no plain name"),
        ([member("link", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")], "no plain file"),
        ([member("link", b"", type=tarfile.SYMTYPE, linkname="a")], "no plain file"),
        ([member("hard", b"", type=tarfile.LNKTYPE, linkname="/etc/passwd")], "no plain file"),
        ([member("pipe", b"", type=tarfile.FIFOTYPE)], "no plain file"),
        ([member("disk", b"", type=tarfile.BLKTYPE)], "no plain file"),
        ([member("a"), member("a", b"y")], "holds a twice"),
        ([member("a"), member("./a", b"y")], "holds a twice"),
        ([member("a"), member("a/b")], "as a file and as a directory"),
        ([member("a/b"), member("a")], "holds a twice"),
        ([member("values.yaml"), member("Values.yaml")], "one name on some disks"),
        ([member("a/x"), member("A/y")], "one name on some disks"),
        ([member("caf\u00e9"), member("cafe\u0301")], "one name on some disks"),
        ([member(".git/config")], "leave .git out"),
        ([member("a/.GIT/config")], "leave .git out"),
        ([member("x" * 256)], "more than 255 bytes"),
        ([], "holds no file"),
    ],
)
def test_what_could_do_harm_is_refused(
    tmp_path: Path, members: list[tuple[tarfile.TarInfo, bytes]], why: str
) -> None:
    with pytest.raises(Refused, match=why):
        unpack(tmp_path, packed(members))


@pytest.mark.parametrize(
    ("archive", "why"),
    [
        (lambda: packed([member("big", bytes(LIMIT + 1))]), "more than 1000000"),
        (lambda: gzip.compress(bytes(20_000_000)), "unpacks to more than 10000000 bytes"),
        (lambda: packed([member("/".join("d" * 101))]), "more than 100 directories"),
        (lambda: packed(member(f"f{n}", b"") for n in range(20_001)), "more than 20000 names"),
        (lambda: packed([longest_name()]), "has a part of"),
    ],
)
def test_more_than_a_limit_is_refused(
    tmp_path: Path, archive: Callable[[], bytes], why: str
) -> None:
    with pytest.raises(TooMuch, match=why):
        unpack(tmp_path, archive())

    assert not (tmp_path / "a.tar").exists()


def longest_name() -> tuple[tarfile.TarInfo, bytes]:
    """A header that wants a name of megabytes to be read."""
    return member("././@LongLink", b"n" * (LIMIT + 100_000), type=tarfile.GNUTYPE_LONGNAME)


@pytest.mark.parametrize(
    "archive",
    [b"", b"no gzip", gzip.compress(b"no tar"), packed([member("a")])[:-9]],
    ids=["empty", "no gzip", "no tar", "cut"],  # not the bytes: gzip writes the time into them
)
def test_what_is_no_archive_is_refused(tmp_path: Path, archive: bytes) -> None:
    with pytest.raises(Refused):
        unpack(tmp_path, archive)


def test_an_archive_in_the_archive_stays_a_file(tmp_path: Path) -> None:
    inner = gzip.compress(bytes(20_000_000))

    _, objects = unpack(tmp_path, packed([member("charts/db-1.0.0.tgz", inner)]))

    assert ("blob", len(inner)) in {(kind, size) for kind, _, size in objects.places.values()}
