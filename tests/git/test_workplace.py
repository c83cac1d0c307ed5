"""Directories that are laid out are used again, and hold what is wanted whatever befell them."""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha1
from pathlib import Path

import pytest

from syncline.errors import RenderFailed
from syncline_workers.git import workplace
from syncline_workers.git.repositories import GitRepositories
from syncline_workers.git.workplace import Overfull, Places
from tests.git.desk import Desk, in_fork

Contents = Mapping[str, str]
CHART = {"chart/Chart.yaml": "c", "chart/templates/a.yaml": "a", "chart/templates/b.yaml": "b"}


@pytest.fixture
def places() -> Iterator[Places]:
    made = Places()
    yield made
    made.close()


@contextmanager
def lent(places: Places, contents: Contents, read: list[str] | None = None) -> Iterator[Path]:
    """A directory with these files; ``read`` hears what was read for it."""
    noted = [] if read is None else read

    def give(path: str, _oid: str) -> bytes:
        noted.append(path)
        return contents[path].encode()

    wanted = {path: oid(text.encode()) for path, text in contents.items()}
    place = places.take(wanted, give, most=1_000_000)
    yield Path(place.root)
    places.give_back(place)


def oid(content: bytes) -> str:
    return sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def held(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): path.read_text() if path.is_file() else "/"
        for path in root.rglob("*")
    }


def test_only_what_differs_is_written(places: Places) -> None:
    read: list[str] = []
    with lent(places, CHART | {"one/values.yaml": "1"}) as first:
        pass

    with lent(places, CHART | {"two/values.yaml": "2"}, read) as second:
        assert held(second) == {
            "chart": "/",
            "chart/templates": "/",
            "two": "/",
            **CHART,
            "two/values.yaml": "2",
        }
    assert (first, read) == (second, ["two/values.yaml"])


def test_a_file_becomes_a_directory_and_a_file_again(places: Places) -> None:
    rest = {f"x{number}": "x" for number in range(5)}
    for contents in ({"a": "1"}, {"a/b/c": "2"}, {"a": "3"}):
        with lent(places, rest | contents) as root:
            assert {path: text for path, text in held(root).items() if text != "/"} == (
                rest | contents
            )


def test_what_has_little_in_common_gets_another(places: Places) -> None:
    with lent(places, CHART) as first:
        pass
    with lent(places, {"chart/Chart.yaml": "c", "x": "1", "y": "2"}) as second:
        pass

    assert first != second


def test_no_two_have_the_same_at_once(places: Places) -> None:
    with lent(places, CHART):
        pass

    with lent(places, CHART) as one, lent(places, CHART) as other:
        assert one != other


def written(root: Path) -> None:
    path = root / "chart/templates/a.yaml"
    path.chmod(0o600)
    path.write_text("x")


def written_and_set_back(root: Path) -> None:
    path = root / "chart/templates/a.yaml"
    before = path.stat()
    written(root)
    path.chmod(0o400)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced(root: Path) -> None:
    (root / "chart/templates/a.yaml").unlink()
    (root / "chart/templates/a.yaml").symlink_to("b.yaml")


def added(root: Path) -> None:
    (root / "chart/templates/more.yaml").write_text("x")


def added_a_directory(root: Path) -> None:
    (root / "more").mkdir()


def removed(root: Path) -> None:
    (root / "chart/templates/a.yaml").unlink()


HARM = [written, written_and_set_back, replaced, added, added_a_directory, removed]


@pytest.mark.parametrize("harm", HARM)
@pytest.mark.parametrize("wait", [0.0, 0.1])
def test_what_one_render_changes_no_other_sees(
    places: Places, harm: Callable[[Path], None], wait: float
) -> None:
    for _ in range(2):
        with lent(places, CHART) as root:
            time.sleep(wait)  # as long as it takes until what was written is old
    with lent(places, CHART) as root:
        harm(root)

    with lent(places, CHART) as after:
        assert {path: text for path, text in held(after).items() if text != "/"} == CHART
    assert after != root
    assert not root.exists()


@pytest.mark.parametrize("harm", [written, added, removed])
def test_what_is_too_young_for_the_clock_to_tell_is_compared(
    places: Places, harm: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the kernel's clock had not moved since it was laid out."""
    now = time.time_ns()
    monkeypatch.setattr(workplace, "_mark", lambda path: (1, now, len(path)))

    with lent(places, CHART) as root:
        harm(root)

    with lent(places, CHART) as after:
        assert {path: text for path, text in held(after).items() if text != "/"} == CHART
    assert after != root


def test_what_a_failed_render_had_is_thrown_away(desk: Desk, repositories: GitRepositories) -> None:
    commit = desk.work.publish("one", {"a": "1"})

    with repositories.tree(desk.served, commit) as tree:
        with pytest.raises(RenderFailed), tree.materialise(["a"]) as root:
            raise RenderFailed("a", "no")
        assert not root.exists()


def test_only_so_many_are_kept_and_so_many_bytes(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workplace, "BYTES", 100)
    roots = []
    for number in range(workplace.PLACES + 2):
        with lent(places, {f"{number}": f"{number}" * 20}) as root:
            roots.append(root)
    assert [root.exists() for root in roots] == [False] * 2 + [True] * workplace.PLACES

    with lent(places, {"half": "x" * 60}) as half:
        pass
    assert [root.exists() for root in (*roots[-3:], half)] == [False, True, True, True]
    with lent(places, {"large": "x" * 101}) as large:
        pass
    assert [root.exists() for root in (roots[-1], half, large)] == [True, True, False]


def test_what_somebody_tidied_away_is_made_anew(places: Places) -> None:
    with lent(places, CHART) as root:
        pass
    shutil.rmtree(root.parent)

    with lent(places, CHART) as again:
        assert held(again) == {"chart": "/", "chart/templates": "/", **CHART}


def test_all_are_in_one_directory_that_goes_when_nothing_is_in_use(places: Places) -> None:
    with lent(places, CHART) as one, lent(places, CHART) as two:
        assert one.parent == two.parent
        assert one != two
        places.close()
        assert held(one) == held(two)
    places.close()

    assert not one.parent.exists()


def test_too_much_is_not_laid_out(places: Places) -> None:
    with pytest.raises(Overfull), lent(places, {"a": "x" * 1_000_001}):
        pass


def test_all_go_at_the_end_and_a_fork_leaves_its_parents(places: Places) -> None:
    with lent(places, CHART) as ours:
        pass

    def lays_out_apart() -> bool:
        with lent(places, CHART) as theirs:
            found = theirs != ours
        places.close()
        return found and not theirs.exists()

    assert in_fork(lays_out_apart)
    assert held(ours)
    places.close()
    assert not ours.exists()
