"""A commit is read as a checkout would show it, and nothing outside it."""

import stat
from pathlib import Path

import pytest

from syncline.errors import LimitExceeded, PathNotFound, SynclineError, UnsafePath
from syncline_workers.git.child import Child
from syncline_workers.git.repositories import GitRepositories
from syncline_workers.git.tree import CommitTree
from tests.git.desk import Desk


def opened(desk: Desk, repositories: GitRepositories) -> CommitTree:
    desk.work.push()
    with repositories.tree(desk.served, desk.work.git("rev-parse", "HEAD")) as tree:
        return tree


def oid(desk: Desk, path: str) -> str:
    return desk.work.git("rev-parse", f"HEAD:{path}")


def message(caught: pytest.ExceptionInfo[SynclineError], tree: CommitTree) -> str:
    return str(caught.value).replace(tree.revision[:12], "REV")


@pytest.fixture
def tree(desk: Desk, repositories: GitRepositories) -> CommitTree:
    files: dict[str, str | bytes | None] = {
        "README": "read me",
        "apps/web/deployment.yaml": "kind: Deployment",
        "apps/web/service.yaml": b"\xff\x00",
        "apps/web/charts/x/Chart.yaml": "",
        "apps/päth with space/ü.yaml": "ü",
    }
    desk.work.commit("one", files)
    return opened(desk, repositories)


def test_ids_are_those_of_git(desk: Desk, tree: CommitTree) -> None:
    paths = [".", "", "apps", "apps/web/", "./apps/web/service.yaml", "gone", "README/x"]

    assert tree.ids(paths) == {
        ".": oid(desk, ""),
        "": oid(desk, ""),
        "apps": oid(desk, "apps"),
        "apps/web/": oid(desk, "apps/web"),
        "./apps/web/service.yaml": oid(desk, "apps/web/service.yaml"),
        "gone": "",
        "README/x": "",
    }


def test_files_are_listed_by_their_path_in_the_repository(desk: Desk, tree: CommitTree) -> None:
    names = [
        "apps/web/charts/x/Chart.yaml",
        "apps/web/deployment.yaml",
        "apps/web/service.yaml",
    ]

    assert tree.files("apps/web") == {name: oid(desk, name) for name in names}
    assert tree.files("README") == {"README": oid(desk, "README")}
    assert set(tree.files(".")) == {*names, "README", "apps/päth with space/ü.yaml"}


def test_bytes_are_read_as_they_are(tree: CommitTree) -> None:
    assert tree.read("apps/web/service.yaml") == b"\xff\x00"
    assert tree.read("apps/web/charts/x/Chart.yaml") == b""
    assert tree.read("apps/päth with space/ü.yaml") == "ü".encode()


def test_a_missing_path_names_the_nearest(tree: CommitTree) -> None:
    with pytest.raises(PathNotFound) as misspelt:
        tree.files("apps/wbe")
    with pytest.raises(PathNotFound) as unlike:
        tree.read("none/of/it")
    with pytest.raises(PathNotFound) as below:
        tree.read("README/x")
    with pytest.raises(PathNotFound) as directory:
        tree.read("apps")

    assert [message(caught, tree) for caught in (misspelt, below, directory)] == [
        "Repository/shop: apps/wbe does not exist at REV: did you mean apps/web?",
        "Repository/shop: README/x does not exist at REV: README is no directory",
        "Repository/shop: apps is a directory at REV",
    ]
    assert message(unlike, tree) == (
        "Repository/shop: none/of/it does not exist at REV: the root has 2 names, and none is like "
        "none"
    )


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "apps/../../x", "apps/..", "a\0b"])
def test_a_path_that_is_none_of_the_repository_is_refused(tree: CommitTree, path: str) -> None:
    for reading in (tree.read, tree.files, lambda path: tree.ids([path])):
        with pytest.raises(UnsafePath):
            reading(path)


def test_links_inside_the_repository_are_followed(
    desk: Desk, repositories: GitRepositories
) -> None:
    desk.work.write({"shared/base/a.yaml": "a", "shared/b.yaml": "b", "apps/web/c.yaml": "c"})
    desk.work.link("apps/web/b.yaml", "../../shared/b.yaml")
    desk.work.link("apps/web/base", "../../shared/base/./")
    desk.work.link("apps/web/again.yaml", "base/../b.yaml")
    desk.work.link("shared/twice", "b.yaml")
    desk.work.link("apps/web/twice", "../../shared/twice")
    desk.work.commit("one")
    tree = opened(desk, repositories)

    files = tree.files("apps/web")

    assert files == {
        "apps/web/again.yaml": oid(desk, "shared/b.yaml"),
        "apps/web/b.yaml": oid(desk, "shared/b.yaml"),
        "apps/web/base/a.yaml": oid(desk, "shared/base/a.yaml"),
        "apps/web/c.yaml": oid(desk, "apps/web/c.yaml"),
        "apps/web/twice": oid(desk, "shared/b.yaml"),
    }
    assert sorted(tree.links("apps/web")) == [
        "apps/web/again.yaml",
        "apps/web/b.yaml",
        "apps/web/base",
        "apps/web/twice",
    ]
    assert tree.read("apps/web/base/a.yaml") == b"a"
    assert tree.ids(["apps/web/base", "apps/web/twice"]) == {
        "apps/web/base": oid(desk, "shared/base"),
        "apps/web/twice": oid(desk, "shared/b.yaml"),
    }


def test_a_links_id_changes_with_what_it_leads_to(
    desk: Desk, repositories: GitRepositories
) -> None:
    desk.work.write({"shared.yaml": "old", "other": "x"})
    desk.work.link("apps/web/link.yaml", "../../shared.yaml")
    desk.work.commit("one")
    first = opened(desk, repositories)
    desk.work.commit("two", {"other": "y"})
    second = opened(desk, repositories)
    desk.work.commit("three", {"shared.yaml": "new"})

    third = opened(desk, repositories)

    paths = ["apps/web", *first.links("apps/web")]
    assert paths == ["apps/web", "apps/web/link.yaml"]
    assert second.ids(paths) == first.ids(paths)
    assert third.ids(paths) == first.ids(paths) | {"apps/web/link.yaml": oid(desk, "shared.yaml")}
    assert third.files("apps/web") == {"apps/web/link.yaml": oid(desk, "shared.yaml")}
    assert third.read("apps/web/link.yaml") == b"new"


@pytest.mark.parametrize(
    ("target", "error", "why"),
    [
        ("/etc/passwd", UnsafePath, "is absolute: make it relative, inside the repository"),
        ("../../../etc/passwd", UnsafePath, "leads outside the repository"),
        ("up/../../../../etc", UnsafePath, "leads outside the repository"),
        ("../web/link", UnsafePath, "leads in circles"),
        ("..", UnsafePath, "leads to a directory that it lies in"),
        (".", UnsafePath, "leads to a directory that it lies in"),
        ("../../apps", UnsafePath, "leads to a directory that it lies in"),
        ("nothing", PathNotFound, "leads to nothing in the repository"),
        ("deployment.yaml/x", PathNotFound, "leads to nothing in the repository"),
    ],
)
def test_a_link_that_leads_nowhere_good_is_named(
    desk: Desk, repositories: GitRepositories, target: str, error: type[SynclineError], why: str
) -> None:
    desk.work.write({"apps/web/deployment.yaml": "x", "apps/api/x": "x"})
    desk.work.link("apps/web/link", target)
    desk.work.link("apps/web/up", "../api")
    desk.work.commit("one")
    tree = opened(desk, repositories)

    with pytest.raises(error) as caught, tree.materialise(["apps/web"]):
        pass

    assert "the link apps/web/link" in str(caught.value)
    assert why in str(caught.value)
    assert tree.read("apps/web/deployment.yaml") == b"x"


def test_links_that_multiply_without_end_are_stopped(
    desk: Desk, repositories: GitRepositories
) -> None:
    for level in range(20):
        for name in ("a", "b"):
            desk.work.link(f"d{level}/{name}", f"../d{level + 1}")
    desk.work.commit("bomb", {"d20/x": "x"})
    tree = opened(desk, repositories)

    with pytest.raises(LimitExceeded, match="more than 100000 names"):
        tree.files("d0")


def test_a_submodule_is_refused_and_named(desk: Desk, repositories: GitRepositories) -> None:
    commit = desk.work.commit("one", {"apps/web/a.yaml": "a"})
    desk.work.git("update-index", "--add", "--cacheinfo", f"160000,{commit},apps/web/charts")
    desk.work.git("commit", "--quiet", "--message", "two")
    tree = opened(desk, repositories)

    for reading in (lambda: tree.files("."), lambda: tree.read("apps/web/charts")):
        with pytest.raises(UnsafePath, match="apps/web/charts is a submodule, which is not"):
            reading()


def test_a_tree_that_git_would_not_write_is_refused(
    desk: Desk, repositories: GitRepositories
) -> None:
    blob = desk.work.git("hash-object", "-w", "--stdin")
    names = (b"..", b".git", b".GIT", b".Git .", b"GIT~1", b"a/b")
    for entry in (*(b"100644 " + name for name in names), b"060000 device", b"010000 pipe"):
        raw = entry + b"\0" + bytes.fromhex(blob)
        (desk.root / "raw").write_bytes(raw)
        made = desk.work.git(
            "hash-object", "-w", "-t", "tree", "--literally", str(desk.root / "raw")
        )
        commit = desk.work.git("commit-tree", "-m", "evil", made)
        desk.work.git("push", "--quiet", "--force", "origin", f"{commit}:refs/heads/evil")

        with repositories.tree(desk.served, commit) as tree, pytest.raises(UnsafePath):
            tree.files(".")
        with repositories.tree(desk.served, commit) as tree, pytest.raises(UnsafePath):
            tree.read("x")
        with repositories.tree(desk.served, commit) as tree:
            assert tree.ids(["x"]) == {"x": ""}


def test_only_what_is_asked_for_is_laid_out_and_it_goes_at_the_end(
    desk: Desk, tree: CommitTree
) -> None:
    with tree.materialise(["apps/web/charts", "README"]) as root:
        laid = {str(p.relative_to(root)): p.read_text() for p in root.rglob("*") if p.is_file()}
        mode = stat.S_IMODE(root.stat().st_mode)

    assert laid == {"README": "read me", "apps/web/charts/x/Chart.yaml": ""}
    assert mode == 0o700
    for repositories in desk.opened:
        repositories.close()
    assert not root.exists()


def test_a_link_is_laid_out_as_the_file_that_it_leads_to(
    desk: Desk, repositories: GitRepositories
) -> None:
    desk.work.write({"shared/b.yaml": "b"})
    desk.work.link("apps/web/shared", "../../shared")
    desk.work.commit("one")

    with opened(desk, repositories).materialise(["apps/web"]) as root:
        file = root / "apps/web/shared/b.yaml"
        assert file.read_text() == "b"
        assert not file.is_symlink()
        assert not file.parent.is_symlink()


def test_a_file_over_the_limit_is_refused_and_named(desk: Desk) -> None:
    desk.work.commit("one", {"apps/a": "x" * 100, "apps/b": "x" * 101})
    tree = opened(desk, desk.open(max_file=100))

    assert tree.read("apps/a") == b"x" * 100
    with pytest.raises(LimitExceeded) as caught:
        tree.read("apps/b")
    with pytest.raises(LimitExceeded), tree.materialise(["apps"]):
        pass

    assert str(caught.value) == (
        "Repository/shop: apps/b has 101 bytes, which is more than 100: make it smaller, or have "
        "the administrator raise SYNCLINE_GIT_MAX_FILE"
    )
    assert tree.read("apps/a") == b"x" * 100


def test_a_file_of_100_megabytes_is_refused_without_being_read(
    desk: Desk, repositories: GitRepositories
) -> None:
    with (desk.work.path / "big").open("wb") as file:
        file.truncate(100_000_000)
    desk.work.commit("one")
    tree = opened(desk, repositories)
    tree.ids(["big"])
    before = peak()

    with pytest.raises(LimitExceeded, match="big has 100000000 bytes, which is more than 10000000"):
        tree.read("big")

    assert peak() - before < 20_000_000


def peak() -> int:
    """The most memory that this process ever had, in bytes."""
    (line,) = [x for x in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in x]
    return int(line.split()[1]) * 1024


def test_many_paths_have_the_ids_that_each_has_alone(
    desk: Desk, repositories: GitRepositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []
    ask = Child.ask
    monkeypatch.setattr(Child, "ask", lambda self, lines: asked.append(lines) or ask(self, lines))
    files: dict[str, str | bytes | None] = {
        f"d{n}/{name}": f"{n}{name}" for n in range(300) for name in ("a", "e/f")
    }
    desk.work.link("link", "d1/e")
    desk.work.link("gone", "nowhere")
    commit = desk.work.publish("one", files)
    paths = [
        *files,
        "d1",
        ".",
        "link",
        "link/f",
        "gone",
        "nothing",
        "d1/nothing",
        "d1/a/b",
        "d2//e",
    ]

    with desk.open().tree(desk.served, commit) as tree:
        alone = {path: tree.ids([path])[path] for path in paths}
    with repositories.tree(desk.served, commit) as tree:
        asked.clear()
        together = tree.ids(paths)

    assert together == alone
    assert alone["link/f"] == alone["d1/e/f"] != ""
    assert (alone["gone"], alone["d1/a/b"]) == ("", "")
    assert len(asked) < 30 < len(files)


@pytest.mark.parametrize("path", ["/d1/a", "../a", "d1/../a", "d1/a\0", "d\0/a"])
def test_a_path_that_is_refused_alone_is_refused_among_many(
    desk: Desk, tree: CommitTree, path: str
) -> None:
    with pytest.raises(UnsafePath):
        tree.ids([*(f"apps/{number}" for number in range(30)), path])
