"""Large files of a Git repository, from a server that speaks the batch API of Git LFS."""

import hashlib
import os
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from syncline.credentials import CredentialSource
from syncline.errors import (
    CredentialRefused,
    InvalidDocument,
    LimitExceeded,
    ManifestInvalid,
    PathNotFound,
    RepositoryUnreachable,
    SynclineError,
)
from syncline.model.credential import Credential
from syncline.model.records import RepositoryRecord
from syncline.model.tls import Tls
from syncline.settings import GitSettings
from syncline_workers.archives import batch
from syncline_workers.archives.kinds import AllRepositories, open_all
from syncline_workers.git import large
from syncline_workers.git.large import Pointer
from syncline_workers.git.tree import CommitTree
from tests.git.desk import TOKEN, Desk, record, token
from tests.git.sshserver import SshServer, new_key, private, require_client
from tests.git.test_submodules import AT, join
from tests.harness.gitserver import GitServer
from tests.harness.largefiles import LargeFiles, pointer
from tests.harness.tls import Authority
from tests.harness.workrepo import WorkRepo

CONTENT = b"kind: ConfigMap\n" * 100


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk.make(tmp_path)
    desk.server.large = LargeFiles()
    yield desk
    desk.close()


@pytest.fixture
def lfs(desk: Desk) -> LargeFiles:
    assert desk.server.large is not None
    return desk.server.large


@pytest.fixture
def opened() -> Iterator[list[AllRepositories]]:
    found: list[AllRepositories] = []
    yield found
    for each in found:
        each.close()


@pytest.fixture
def repositories(desk: Desk, opened: list[AllRepositories]) -> AllRepositories:
    return worker(desk, opened)


def worker(desk: Desk, opened: list[AllRepositories], **settings: Any) -> AllRepositories:
    source = CredentialSource(
        directory=None,
        environment={"PATH": os.environ["PATH"], "SYNCLINE_CRED_GIT": TOKEN},
    )
    allowed = {"cache": desk.cache, "allow_http": True, "allow_local": (desk.root / "served",)}
    opened.append(open_all(GitSettings(**(allowed | settings)), source))
    return opened[-1]


def fetching(desk: Desk, **spec: Any) -> RepositoryRecord:
    return record(desk.server.url("app.git"), lfs=True, **spec)


def tree(
    repositories: AllRepositories, repository: RepositoryRecord, commit: str
) -> AbstractContextManager[CommitTree]:
    return repositories.tree(repository, commit)


def refusal(
    repositories: AllRepositories, repository: RepositoryRecord, commit: str, path: str = "big.yaml"
) -> SynclineError:
    with pytest.raises(SynclineError) as caught, tree(repositories, repository, commit) as opened:
        opened.read(path)
    return caught.value


def test_a_pointer_is_replaced_by_its_file(
    desk: Desk, repositories: AllRepositories, lfs: LargeFiles
) -> None:
    files = {f"web/{n}.yaml": lfs.add(CONTENT + bytes([n])) for n in range(3)}
    commit = desk.work.publish("one", {**files, "web/small.yaml": "s"})

    with tree(repositories, fetching(desk), commit) as found:
        assert found.read("web/1.yaml") == CONTENT + b"\x01"
        assert found.read("web/small.yaml") == b"s"
        with found.materialise(["web"]) as directory:
            assert (directory / "web/0.yaml").read_bytes() == CONTENT + b"\x00"
            assert (directory / "web/2.yaml").stat().st_size == len(CONTENT) + 1

    assert [len(each) for each in lfs.batches] == [1, 2]


def test_many_are_asked_for_together(
    desk: Desk,
    repositories: AllRepositories,
    lfs: LargeFiles,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch, "TOGETHER", 2)
    files = {f"web/{n}.bin": lfs.add(bytes([n])) for n in range(5)}
    commit = desk.work.publish("one", dict(files))

    with tree(repositories, fetching(desk), commit) as found, found.materialise(["web"]) as at:
        assert (at / "web/4.bin").read_bytes() == b"\x04"

    assert [len(each) for each in lfs.batches] == [2, 2, 1]


def test_what_is_on_the_disk_is_not_asked_for_again_unless_it_is_damaged(
    desk: Desk, repositories: AllRepositories, lfs: LargeFiles, opened: list[AllRepositories]
) -> None:
    commit = desk.work.publish("one", {"big.yaml": lfs.add(CONTENT)})
    (oid,) = lfs.objects
    for each in (repositories, worker(desk, opened)):
        with tree(each, fetching(desk), commit) as found:
            assert found.read("big.yaml") == CONTENT
    assert len(lfs.batches) == 1

    (kept,) = desk.cache.glob(f"*/{oid[:2]}/{oid}")
    kept.write_bytes(b"x" + CONTENT[1:])

    with tree(repositories, fetching(desk), commit) as found:
        assert found.read("big.yaml") == CONTENT
    assert len(lfs.batches) == 2
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == oid
    assert [path.name for path in kept.parent.iterdir()] == [oid]


def test_without_leave_a_pointer_for_a_manifest_says_what_it_is(
    desk: Desk, repositories: AllRepositories, lfs: LargeFiles
) -> None:
    pointers = {"web/big.yaml": lfs.add(CONTENT), "web/logo.png": lfs.add(b"png")}
    commit = desk.work.publish("one", dict(pointers))

    with tree(repositories, desk.served, commit) as found:
        with pytest.raises(ManifestInvalid) as refused:
            found.read("web/big.yaml")
        with pytest.raises(ManifestInvalid), found.materialise(["web"]):
            pass
        with found.materialise(["web/logo.png"]) as directory:
            assert (directory / "web/logo.png").read_bytes() == pointers["web/logo.png"]

    assert str(refused.value) == (
        "Repository/shop: web/big.yaml is a Git LFS pointer, and not the file itself: set spec.lfs "
        "of the Repository, or take the file out of Git LFS"
    )
    assert lfs.batches == []


@pytest.mark.parametrize("name", ["a.tgz", "templates/_a.tpl", "lib.libsonnet", "a.env"])
def test_what_a_renderer_takes_for_more_than_bytes_is_no_pointer(
    desk: Desk, repositories: AllRepositories, lfs: LargeFiles, name: str
) -> None:
    commit = desk.work.publish("one", {f"web/{name}": lfs.add(CONTENT)})

    with (
        pytest.raises(ManifestInvalid, match="is a Git LFS pointer"),
        tree(repositories, desk.served, commit) as found,
        found.materialise(["web"]),
    ):
        pass


@pytest.mark.parametrize(
    ("content", "meant"),
    [
        (pointer("a" * 64, 5), Pointer("a" * 64, 5)),
        (pointer("a" * 64, 5).rstrip(b"\n"), Pointer("a" * 64, 5)),
        (pointer("A" * 64, 5), Pointer("", 0)),
        (pointer("a" * 64, 5) + b"x", Pointer("", 0)),
        (pointer("a" * 64, 5).replace(b"oid", b"ext-0-foo sha256:b\noid"), Pointer("", 0)),
        (pointer("a" * 64, 5) + b" " * 1024, None),
        (b"kind: ConfigMap\n# " + pointer("a" * 64, 5), None),
        (b"", None),
    ],
)
def test_which_text_is_a_pointer(content: bytes, meant: Pointer | None) -> None:
    assert large.pointer(content) == meant


def test_a_pointer_of_an_unknown_form_is_an_error(
    desk: Desk, repositories: AllRepositories, lfs: LargeFiles
) -> None:
    commit = desk.work.publish("one", {"big.yaml": lfs.add(CONTENT) + b"more"})

    assert "of a form that is not known" in str(refusal(repositories, fetching(desk), commit))


def test_what_the_server_lacks_is_named(
    desk: Desk, repositories: AllRepositories, lfs: LargeFiles
) -> None:
    commit = desk.work.publish("one", {"big.yaml": lfs.add(CONTENT)})
    lfs.objects.clear()

    error = refusal(repositories, fetching(desk), commit)

    assert isinstance(error, PathNotFound)
    assert str(error) == (
        "Repository/shop: big.yaml is not on the Git LFS server (404 Object does not exist): push "
        "it with git lfs push --all"
    )


@pytest.mark.parametrize("other", [b"x" * len(CONTENT), CONTENT[:-1], CONTENT + b"x"])
def test_another_content_is_refused_and_not_kept(
    desk: Desk, repositories: AllRepositories, lfs: LargeFiles, other: bytes
) -> None:
    commit = desk.work.publish("one", {"big.yaml": lfs.add(CONTENT)})
    (oid,) = lfs.objects
    lfs.objects[oid] = other

    error = refusal(repositories, fetching(desk), commit)

    is_longer = len(other) > len(CONTENT)
    assert isinstance(error, LimitExceeded if is_longer else RepositoryUnreachable)
    assert is_longer or "is not what the commit names" in str(error)
    assert not list(desk.cache.glob(f"*/{oid[:2]}/*"))
    lfs.objects[oid] = CONTENT
    with tree(repositories, fetching(desk), commit) as found:
        assert found.read("big.yaml") == CONTENT


def test_a_file_that_is_too_large_is_not_asked_for(
    desk: Desk, lfs: LargeFiles, opened: list[AllRepositories]
) -> None:
    commit = desk.work.publish("one", {"big.yaml": lfs.add(CONTENT)})
    repositories = worker(desk, opened, max_file=1000)

    error = refusal(repositories, fetching(desk), commit)

    assert isinstance(error, LimitExceeded)
    assert "big.yaml has 1600 bytes in Git LFS, which is more than 1000" in str(error)
    assert lfs.batches == []


def test_many_that_are_too_large_together_are_refused(
    desk: Desk,
    repositories: AllRepositories,
    lfs: LargeFiles,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = {f"web/{n}.yaml": lfs.add(CONTENT + bytes([n])) for n in range(3)}
    commit = desk.work.publish("one", dict(files))
    monkeypatch.setattr("syncline_workers.git.layout.MOST", 4000)

    with (
        pytest.raises(LimitExceeded, match="more than 4000 bytes together"),
        tree(repositories, fetching(desk), commit) as found,
        found.materialise(["web"]),
    ):
        pass
    assert lfs.batches == []


@pytest.fixture
def store(desk: Desk, lfs: LargeFiles) -> Iterator[GitServer]:
    """Another server, which gives the objects out."""
    server = GitServer.start(desk.root / "store")
    server.large = LargeFiles(objects=lfs.objects)
    lfs.at = server.url()
    yield server
    server.stop()


def guarded(desk: Desk) -> RepositoryRecord:
    desk.server.users = {"x-access-token": TOKEN}
    return fetching(desk, credential=token(desk.server.url("app.git")))


@pytest.fixture
def everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of tests are on loopback, which only the repository's own host may be."""
    monkeypatch.setattr("syncline_workers.web.reach.is_refused", lambda _: False)


@pytest.mark.usefixtures("everywhere")
def test_the_credential_goes_to_the_repository_alone(
    desk: Desk, repositories: AllRepositories, lfs: LargeFiles, store: GitServer
) -> None:
    commit = desk.work.publish("one", {"big.yaml": lfs.add(CONTENT)})

    with tree(repositories, guarded(desk), commit) as found:
        assert found.read("big.yaml") == CONTENT

    asked = [each for each in desk.server.asked if "objects/batch" in each.path]
    assert [bool(each.authorization) for each in asked] == [True]
    assert [(each.path, each.authorization) for each in store.asked] == [
        (f"/large/{next(iter(lfs.objects))}", "")
    ]


@pytest.mark.usefixtures("everywhere")
def test_what_the_answer_wants_sent_goes_to_its_own_address_and_not_on(
    desk: Desk, repositories: AllRepositories, lfs: LargeFiles, store: GitServer
) -> None:
    commit = desk.work.publish("one", {"big.yaml": lfs.add(CONTENT)})
    lfs.header = {"Authorization": "Bearer once"}
    final = GitServer.start(desk.root / "final")
    final.large = LargeFiles(objects=lfs.objects)
    store.redirect = final.url().rstrip("/")
    try:
        with tree(repositories, guarded(desk), commit) as found:
            assert found.read("big.yaml") == CONTENT
    finally:
        final.stop()

    assert [each.authorization for each in store.asked] == ["Bearer once"]
    assert [each.authorization for each in final.asked] == [""]


def test_an_answer_does_not_lead_to_addresses_of_the_machine(
    desk: Desk, repositories: AllRepositories, lfs: LargeFiles, store: GitServer
) -> None:
    commit = desk.work.publish("one", {"big.yaml": lfs.add(CONTENT)})

    error = refusal(repositories, guarded(desk), commit)

    assert "has an address of the machine's own" in str(error)
    assert store.asked == []


def test_a_wrong_credential_and_a_server_without_large_files_are_told(
    desk: Desk, repositories: AllRepositories, lfs: LargeFiles
) -> None:
    commit = desk.work.publish("one", {"big.yaml": lfs.add(CONTENT)})
    repository = fetching(desk)
    with tree(repositories, repository, commit) as found:
        assert found.files(".")
        found.read("big.yaml")
    lfs.objects.clear()
    desk.server.users = {"x-access-token": "another"}
    (kept,) = desk.cache.glob("*/??/" + "?" * 64)
    kept.unlink()

    refused = refusal(repositories, repository, commit)
    desk.server.users, desk.server.large = None, None
    absent = refusal(repositories, repository, commit)

    assert isinstance(refused, CredentialRefused)
    assert "objects/batch answered 401" in str(refused)
    assert "objects/batch answered" in str(absent)


def test_a_local_repository_has_no_large_files(
    desk: Desk, repositories: AllRepositories, lfs: LargeFiles
) -> None:
    commit = desk.work.publish("one", {"big.yaml": lfs.add(CONTENT), "a": "1"})
    local = record(str(desk.work.origin), lfs=True)

    with tree(repositories, local, commit) as found:
        assert found.read("a") == b"1"
    assert isinstance(refusal(repositories, local, commit), InvalidDocument)


def test_large_files_of_submodules_are_not_fetched(
    desk: Desk, repositories: AllRepositories, lfs: LargeFiles
) -> None:
    lib = WorkRepo.create(desk.root / "lib", origin=desk.root / "served/lib.git")
    lib.publish("one", {"big.yaml": lfs.add(CONTENT)})
    commit = join(desk.work, lib)

    error = refusal(repositories, fetching(desk, submodules=True), commit, path=f"{AT}/big.yaml")

    assert "large files of submodules are not fetched" in str(error)
    assert lfs.batches == []


def test_over_tls_the_repositorys_own_authority_holds(
    desk: Desk, repositories: AllRepositories, lfs: LargeFiles
) -> None:
    authority = Authority(desk.root, "authority")
    shown = authority.issue("server")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(shown.certificate, shown.key)
    desk.work.commit("one", {"big.yaml": lfs.add(CONTENT)})
    desk.work.push()
    commit = desk.work.git("rev-parse", "HEAD")
    secure = GitServer.start(desk.root / "served", tls=context)
    secure.large = LargeFiles(objects=lfs.objects, at=f"https://127.0.0.1:{secure.port}/")
    url = f"https://127.0.0.1:{secure.port}/app.git"
    try:
        trusted = record(url, lfs=True, tls=Tls(ca=authority.file.read_text()))
        with tree(repositories, trusted, commit) as found:
            assert found.read("big.yaml") == CONTENT
    finally:
        secure.stop()


@pytest.fixture
def ssh(desk: Desk) -> Iterator[SshServer]:
    require_client()
    server = SshServer(desk.root / "served").start()
    yield server
    server.stop()


def by_ssh(ssh: SshServer, desk: Desk, opened: list[AllRepositories]) -> Any:
    key = new_key()
    ssh.keys.append(key)
    (desk.root / "credentials").mkdir()
    (desk.root / "credentials/key").write_text(private(key))
    source = CredentialSource(
        directory=desk.root / "credentials",
        environment={"PATH": os.environ["PATH"]},
    )
    opened.append(open_all(GitSettings(cache=desk.cache, allow_http=True), source))
    credential = Credential(
        type="ssh", ref="file:key", url_prefix=ssh.url(), known_hosts=ssh.known_hosts()
    )
    return record(ssh.url(desk.work.origin), lfs=True, credential=credential)


def test_by_ssh_the_server_says_where_large_files_are(
    desk: Desk, lfs: LargeFiles, ssh: SshServer, opened: list[AllRepositories]
) -> None:
    commit = desk.work.publish("one", {"big.yaml": lfs.add(CONTENT)})
    desk.server.users = {"git": "granted"}
    ssh.grant = {
        "href": desk.server.url("app.git/info/lfs"),
        "header": {"Authorization": "Basic Z2l0OmdyYW50ZWQ="},
    }
    lfs.header = ssh.grant["header"]
    repository = by_ssh(ssh, desk, opened)

    with tree(opened[-1], repository, commit) as found:
        assert found.read("big.yaml") == CONTENT

    assert ("git", f"git-lfs-authenticate {desk.work.origin} download") in ssh.asked


def test_an_ssh_server_without_large_files_is_told(
    desk: Desk, lfs: LargeFiles, ssh: SshServer, opened: list[AllRepositories]
) -> None:
    commit = desk.work.publish("one", {"big.yaml": lfs.add(CONTENT)})
    repository = by_ssh(ssh, desk, opened)

    error = refusal(opened[-1], repository, commit)

    assert "it has no git-lfs-authenticate, so no large files by ssh" in str(error)


def test_what_is_laid_out_is_not_taken_for_the_pointer_of_another_repository(
    desk: Desk, repositories: AllRepositories, lfs: LargeFiles
) -> None:
    stands = lfs.add(b"png")
    commit = desk.work.publish("one", {"web/logo.png": stands, "web/a.yaml": "a"})

    for repository, meant in ((desk.served, stands), (fetching(desk), b"png")) * 2:
        with tree(repositories, repository, commit) as found, found.materialise(["web"]) as at:
            assert (at / "web/logo.png").read_bytes() == meant
