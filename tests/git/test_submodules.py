"""Submodules of a repository that follows them: each from its own server, by the id in the tree."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncline.errors import CredentialRefused, PathNotFound, SynclineError, UnsafePath
from syncline.model.records import RepositoryRecord
from syncline_workers.git.repositories import GitRepositories
from tests.git.desk import TOKEN, Desk, record, token
from tests.harness.gitserver import GitServer
from tests.harness.workrepo import WorkRepo

AT = "vendor/lib"


@pytest.fixture
def lib(desk: Desk) -> WorkRepo:
    """A repository beside the desk's own."""
    work = WorkRepo.create(desk.root / "lib", origin=desk.root / "served/lib.git")
    work.publish("one", {"base/cm.yaml": "a: 1\n", "base/more.yaml": "b: 2\n", "top.yaml": "t\n"})
    return work


def gitmodules(*modules: tuple[str, str, str]) -> str:
    return "".join(
        f'[submodule "{name}"]\n\tpath = {path}\n\turl = {url}\n' for name, path, url in modules
    )


def join(
    work: WorkRepo,
    module: WorkRepo,
    *,
    url: str = "../lib.git",
    path: str = AT,
    text: str | None = None,
) -> str:
    """Commit a submodule as git would; gives the commit."""
    commit = module.git("rev-parse", "HEAD")
    work.write({".gitmodules": gitmodules(("lib", path, url)) if text is None else text})
    work.git("add", ".gitmodules")
    work.git("update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
    work.git("commit", "--quiet", "--message", "submodule")
    work.push()
    return work.git("rev-parse", "HEAD")


def following(desk: Desk, **spec: Any) -> RepositoryRecord:
    return record(desk.server.url("app.git"), submodules=True, **spec)


def refused(repositories: GitRepositories, repository: RepositoryRecord, commit: str) -> str:
    with (
        pytest.raises(SynclineError) as caught,
        repositories.tree(repository, commit) as tree,
    ):
        tree.files("vendor")
    return f"{caught.value.reason}: {caught.value}"


def test_a_submodule_is_read_like_a_directory(
    desk: Desk, repositories: GitRepositories, lib: WorkRepo
) -> None:
    commit = join(desk.work, lib)

    with repositories.tree(following(desk), commit) as tree:
        assert list(tree.files("vendor")) == [
            f"{AT}/base/cm.yaml",
            f"{AT}/base/more.yaml",
            f"{AT}/top.yaml",
        ]
        assert tree.read(f"{AT}/base/cm.yaml") == b"a: 1\n"
        with tree.materialise([f"{AT}/base"]) as directory:
            assert (directory / AT / "base/more.yaml").read_text() == "b: 2\n"
        with pytest.raises(PathNotFound, match=r"did you mean vendor/lib/base/cm\.yaml"):
            tree.read(f"{AT}/base/cn.yaml")


def test_without_leave_it_is_refused_and_nobody_is_asked(
    desk: Desk, repositories: GitRepositories, lib: WorkRepo
) -> None:
    commit = join(desk.work, lib)

    assert "is a submodule, which is not fetched: set spec.submodules" in refused(
        repositories, desk.served, commit
    )
    assert desk.server.count("lib.git/git-upload-pack") == 0


def test_what_does_not_lead_into_it_opens_none(
    desk: Desk, repositories: GitRepositories, lib: WorkRepo
) -> None:
    desk.work.commit("one", {"apps/a": "1"})
    commit = join(desk.work, lib)
    before = desk.server.count("lib.git")

    with repositories.tree(following(desk), commit) as tree:
        assert list(tree.files("apps")) == ["apps/a"]
        assert tree.ids(["apps", "vendor", "nothing"])["vendor"]

    assert desk.server.count("lib.git") == before


def test_ids_change_with_the_submodule_and_what_is_in_it(
    desk: Desk, repositories: GitRepositories, lib: WorkRepo
) -> None:
    paths = ["vendor", AT, f"{AT}/base", f"{AT}/top.yaml", f"{AT}/nothing", *"abcdefghijklmnop"]
    first = join(desk.work, lib)
    lib.publish("two", {"top.yaml": "t2\n"})
    second = join(desk.work, lib)
    repository = following(desk)

    with repositories.tree(repository, first) as tree:
        before = tree.ids(paths)
        assert before == {path: tree.ids([path])[path] for path in paths}
    with repositories.tree(repository, second) as tree:
        after = tree.ids(paths)

    assert before[f"{AT}/base"] == after[f"{AT}/base"] == lib.git("rev-parse", "HEAD:base")
    assert {path for path in paths if before[path] != after[path]} == {
        "vendor",
        AT,
        f"{AT}/top.yaml",
    }
    assert before[f"{AT}/nothing"] == ""


def test_submodules_within_submodules_are_followed(
    desk: Desk, repositories: GitRepositories, lib: WorkRepo
) -> None:
    inner = WorkRepo.create(desk.root / "inner", origin=desk.root / "served/inner.git")
    inner.publish("one", {"deep.yaml": "d\n"})
    join(lib, inner, url="../inner.git", path="in")
    commit = join(desk.work, lib)

    with repositories.tree(following(desk), commit) as tree:
        assert f"{AT}/in/deep.yaml" in tree.files(".")
        assert tree.read(f"{AT}/in/deep.yaml") == b"d\n"


def test_links_stay_in_their_submodule_and_may_lead_into_one(
    desk: Desk, repositories: GitRepositories, lib: WorkRepo
) -> None:
    lib.link("inside.yaml", "base/cm.yaml")
    lib.publish("two", {})
    desk.work.link("apps/web", f"../{AT}/base")
    commit = join(desk.work, lib)
    desk.work.git("add", "apps")
    desk.work.git("commit", "--quiet", "--amend", "--no-edit")
    desk.work.push(force=True)
    commit = desk.work.git("rev-parse", "HEAD")

    with repositories.tree(following(desk), commit) as tree:
        assert tree.read(f"{AT}/inside.yaml") == b"a: 1\n"
        assert tree.read("apps/web/cm.yaml") == b"a: 1\n"
        assert list(tree.files("apps")) == ["apps/web/cm.yaml", "apps/web/more.yaml"]
        assert tree.links("apps") == ("apps/web",)


@pytest.mark.parametrize("target", ["../../../secret.yaml", "../base/../../../secret.yaml"])
def test_a_link_out_of_a_submodule_is_refused(
    desk: Desk, repositories: GitRepositories, lib: WorkRepo, target: str
) -> None:
    lib.link("base/out.yaml", target)
    lib.publish("two", {})
    desk.work.write({"secret.yaml": "s\n"})
    desk.work.git("add", "secret.yaml")
    commit = join(desk.work, lib)

    assert f"{AT}/base/out.yaml → {target} leads outside the submodule" in refused(
        repositories, following(desk), commit
    )
    with repositories.tree(following(desk), commit) as tree:
        assert tree.ids([f"{AT}/base/out.yaml"]) == {f"{AT}/base/out.yaml": ""}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "does not declare"),
        (gitmodules(("-x", AT, "../lib.git")), "holds the name '-x'"),
        (gitmodules(("lib", AT, "ext::sh%20-c%20touch%20ran")), "transport helper"),
        (gitmodules(("lib", AT, "file:///etc")), "file is followed from a repository at file only"),
        (gitmodules(("lib", AT, "../app.git")), "a repository that it lies in"),
        (gitmodules(("lib", AT, "http://other.example/lib.git")), "name it in spec.submoduleUrls"),
        (gitmodules(("lib", AT, "https://me:pw@127.0.0.1/lib")), "holds a user or password"),
        (gitmodules(("lib", AT, "../none.git")), "NotFound: Repository/shop, submodule vendor/lib"),
    ],
)
def test_what_gitmodules_may_not_say(
    desk: Desk, repositories: GitRepositories, lib: WorkRepo, text: str, told: str
) -> None:
    commit = join(desk.work, lib, text=text)

    error = refused(repositories, following(desk), commit)

    assert told in error
    assert error.startswith(("UnsafePath: Repository/shop", "NotFound", "CredentialRefused"))
    assert "pw" not in error
    assert not list(desk.root.rglob("ran"))


def test_gitmodules_that_is_a_link_is_refused(
    desk: Desk, repositories: GitRepositories, lib: WorkRepo
) -> None:
    commit = join(desk.work, lib)
    desk.work.write({"other": gitmodules(("lib", AT, "../lib.git")), ".gitmodules": None})
    desk.work.link(".gitmodules", "other")
    desk.work.git("add", "other", ".gitmodules")
    desk.work.git("commit", "--quiet", "--message", "link")
    desk.work.push()
    commit = desk.work.git("rev-parse", "HEAD")

    assert ".gitmodules is a link, which git refuses" in refused(
        repositories, following(desk), commit
    )


def test_a_commit_that_its_server_lacks_is_named(
    desk: Desk, repositories: GitRepositories, lib: WorkRepo
) -> None:
    lib.commit("never pushed", {"x": "1"})
    commit = join(desk.work, lib)

    error = refused(repositories, following(desk), commit)

    assert error.startswith("RevisionNotFound: Repository/shop, submodule vendor/lib: ")


@pytest.fixture
def other(desk: Desk) -> Iterator[GitServer]:
    """Another server, which asks for the token."""
    server = GitServer.start(desk.root / "elsewhere", users={"x-access-token": TOKEN})
    yield server
    server.stop()


def test_a_credential_goes_to_its_prefix_alone(desk: Desk, lib: WorkRepo, other: GitServer) -> None:
    (desk.root / "served/lib.git").rename(desk.root / "elsewhere-lib")
    (desk.root / "elsewhere").mkdir(exist_ok=True)
    (desk.root / "elsewhere-lib").rename(desk.root / "elsewhere/lib.git")
    desk.server.users = {"x-access-token": TOKEN}
    lib.git("remote", "set-url", "origin", desk.root / "elsewhere/lib.git")
    commit = join(desk.work, lib, url=other.url("lib.git"))
    repositories = desk.open({"SYNCLINE_CRED_GIT": TOKEN})
    mine = following(desk, credential=token(desk.server.url()), submodule_urls=[other.url()])

    error = refused(repositories, mine, commit)

    assert error.startswith("CredentialRefused: Repository/shop, submodule vendor/lib: the server")
    assert {asked.authorization for asked in other.asked} == {""}

    both = following(desk, credential=token("http://127.0.0.1"), submodule_urls=[other.url()])
    assert "CredentialRefused" in refused(repositories, both, commit)  # another port


def test_a_submodule_by_ssh_needs_a_key(
    desk: Desk, repositories: GitRepositories, lib: WorkRepo
) -> None:
    commit = join(desk.work, lib, url="ssh://git@127.0.0.1/lib.git")

    with (
        pytest.raises(CredentialRefused, match="submodule vendor/lib: ssh needs a key"),
        repositories.tree(following(desk), commit) as tree,
    ):
        tree.files(".")


def test_local_submodules_of_local_repositories_are_below_the_allowed_directories(
    desk: Desk, lib: WorkRepo, tmp_path: Path
) -> None:
    local = record(str(desk.work.origin), submodules=True)
    commit = join(desk.work, lib)
    with desk.open().tree(local, commit) as tree:
        assert f"{AT}/top.yaml" in tree.files(".")

    commit = join(desk.work, lib, url=str(tmp_path / "lib"))
    assert "UnsafePath: Repository/shop, submodule vendor/lib: " in refused(
        desk.open(), local, commit
    )


def test_too_many_and_too_deep_ones_are_refused(
    desk: Desk, repositories: GitRepositories, lib: WorkRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = join(desk.work, lib)
    monkeypatch.setattr("syncline_workers.git.submodules.MOST", 0)

    assert "one of more than 0 submodules" in refused(repositories, following(desk), commit)


def test_what_one_repository_may_follow_another_does_not_see(
    desk: Desk, repositories: GitRepositories, lib: WorkRepo
) -> None:
    commit = join(desk.work, lib)
    with repositories.tree(following(desk), commit) as tree:
        assert tree.files(".")
        assert tree.files(f"{AT}/base")

    with repositories.tree(desk.served, commit) as tree:
        with pytest.raises(UnsafePath):
            tree.files(".")
        assert tree.ids([f"{AT}/base"]) == {f"{AT}/base": ""}
