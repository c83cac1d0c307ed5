"""Commits and tags of a repository that asks for signatures, with real gpg and ssh-keygen."""

import os
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from syncline.credentials import CredentialSource
from syncline.errors import (
    CredentialRefused,
    InvalidDocument,
    RepositoryUnreachable,
    SignatureRefused,
)
from syncline.model.records import RepositoryRecord
from syncline.model.signature import Signature, Verdict
from syncline.model.verification import Verification
from syncline_workers.git import trust, verifier
from syncline_workers.git.refs import Candidate
from syncline_workers.git.repositories import GitRepositories
from syncline_workers.git.trust import Sought, Trust
from tests.git.desk import Desk, commands, record
from tests.harness.signers import (
    Gpg,
    SshKey,
    forged,
    payload,
    signed_commit,
    signed_tag,
    tag_payload,
)

PAST = "20200101T000000"


@pytest.fixture(scope="module")
def gpg() -> Iterator[Gpg]:
    ring = Gpg()
    yield ring
    ring.close()


@pytest.fixture(scope="module")
def ana(gpg: Gpg) -> str:
    return gpg.key("ana")


@pytest.fixture(scope="module")
def mallory(gpg: Gpg) -> str:
    return gpg.key("mallory")


@pytest.fixture
def ssh(tmp_path: Path) -> SshKey:
    return SshKey.make(tmp_path / "bo")


@pytest.fixture(autouse=True)
def _first(desk: Desk) -> None:
    desk.work.commit("one", {"a": "1"})


def asking(desk: Desk, **verify: Any) -> RepositoryRecord:
    return record(desk.server.url("app.git"), verify=Verification(**verify))


def only(repositories: GitRepositories, repository: RepositoryRecord, commit: str) -> Signature:
    """The only verdict; a commit without a good one is opened by nobody, and no head."""
    (found,) = repositories.signatures(repository, commit)
    resolved = repositories.resolve(repository, ["main"])
    if found.verdict is Verdict.GOOD:
        with repositories.tree(repository, commit) as tree:
            assert tree.files(".")
        assert resolved.commits == {"main": commit}
        return found
    with pytest.raises(SignatureRefused) as refused, repositories.tree(repository, commit):
        pass
    assert str(resolved.missing["main"]) == str(refused.value)
    return found


def by_gpg(desk: Desk, gpg: Gpg, *keys: str, **how: Any) -> str:
    commit = signed_commit(desk.work, gpg.sign(payload(desk.work), *keys, **how))
    desk.work.push()
    return commit


def by_ssh(desk: Desk, key: SshKey, **how: Any) -> str:
    commit = signed_commit(desk.work, key.sign(payload(desk.work), **how))
    desk.work.push()
    return commit


def test_what_git_signs_by_gpg_is_good_and_told(
    desk: Desk, repositories: GitRepositories, gpg: Gpg, ana: str
) -> None:
    program = desk.root / "gpg"
    program.write_text(f'#!/bin/sh\nexec gpg --homedir="{gpg.home}" --batch "$@"\n')
    program.chmod(0o700)
    desk.work.git("config", "gpg.program", program)
    desk.work.git("config", "user.signingKey", ana)
    desk.work.git("commit", "--quiet", "--allow-empty", "--gpg-sign", "--message", "two")
    desk.work.push()
    commit = desk.work.git("rev-parse", "HEAD")

    found = only(repositories, asking(desk, gpg_keys=[gpg.public(ana)]), commit)

    assert found == Signature(
        subject="commit",
        verdict=Verdict.GOOD,
        signer="ana <ana@example.com>",
        key=ana,
        at=found.at,
    )
    assert found.at > 1.7e9


def test_what_git_signs_by_ssh_is_good_and_told(
    desk: Desk, repositories: GitRepositories, ssh: SshKey
) -> None:
    desk.work.git("config", "gpg.format", "ssh")
    desk.work.git("config", "user.signingKey", ssh.path)
    desk.work.git("commit", "--quiet", "--allow-empty", "--gpg-sign", "--message", "two")
    desk.work.push()
    commit = desk.work.git("rev-parse", "HEAD")
    signers = f'# who may\nbo@example.com namespaces="git" {ssh.public} work\n'

    assert only(repositories, asking(desk, allowed_signers=signers), commit) == Signature(
        subject="commit", verdict=Verdict.GOOD, signer="bo@example.com", key=ssh.fingerprint()
    )


def test_a_commit_without_a_signature_names_all_that_is_needed(
    desk: Desk, repositories: GitRepositories, gpg: Gpg, ana: str
) -> None:
    desk.work.push()
    commit = desk.work.git("rev-parse", "HEAD")
    repository = asking(desk, gpg_keys=[gpg.public(ana)])

    found = only(repositories, repository, commit)

    assert (found.verdict, found.detail) == (Verdict.MISSING, "it is not signed")
    with pytest.raises(SignatureRefused) as refused:
        trust.insist(repository, commit, (found,))
    assert str(refused.value) == (
        f"Repository/shop: commit {commit} is not used: the signature of {commit[:12]} is missing: "
        "it is not signed; sign it anew with a key of spec.verify, or correct these keys"
    )


def test_a_key_that_is_not_listed_does_not_count(
    desk: Desk, repositories: GitRepositories, gpg: Gpg, ana: str, mallory: str
) -> None:
    ssh, other = SshKey.make(desk.root / "bo"), SshKey.make(desk.root / "other")
    keys = {"gpg_keys": [gpg.public(ana)], "allowed_signers": f"bo {other.public}"}

    pgp = only(repositories, asking(desk, **keys), by_gpg(desk, gpg, mallory))
    desk.work.commit("two")
    of_ssh = only(repositories, asking(desk, **keys), by_ssh(desk, ssh))

    assert (pgp.verdict, pgp.detail, pgp.key) == (Verdict.BAD, verifier.UNLISTED, mallory)
    assert (of_ssh.verdict, of_ssh.detail) == (Verdict.BAD, verifier.UNLISTED)
    assert of_ssh.key == ssh.fingerprint()


def test_a_key_of_the_other_kind_does_not_count(
    desk: Desk, repositories: GitRepositories, gpg: Gpg, ana: str, ssh: SshKey
) -> None:
    repository = asking(desk, gpg_keys=[gpg.public(ana)])

    found = only(repositories, repository, by_ssh(desk, ssh))

    assert (found.verdict, found.detail) == (
        Verdict.BAD,
        f"{verifier.UNLISTED}: none of them is of its kind",
    )


def test_a_signature_of_something_else_is_bad(
    desk: Desk, repositories: GitRepositories, gpg: Gpg, ana: str, ssh: SshKey
) -> None:
    keys = {"gpg_keys": [gpg.public(ana)], "allowed_signers": f"bo {ssh.public}"}
    signature = gpg.sign(payload(desk.work), ana)
    desk.work.commit("two", {"a": "evil"})
    commit = signed_commit(desk.work, signature)
    desk.work.push()

    pgp = only(repositories, asking(desk, **keys), commit)
    desk.work.commit("three")
    commit = signed_commit(desk.work, ssh.sign(payload(desk.work) + b"more"))
    desk.work.push()
    of_ssh = only(repositories, asking(desk, **keys), commit)

    assert {pgp.detail, of_ssh.detail} == {verifier.ALTERED}
    assert pgp.signer == "ana <ana@example.com>"


def test_two_signatures_are_refused(
    desk: Desk, repositories: GitRepositories, gpg: Gpg, ana: str, mallory: str
) -> None:
    repository = asking(desk, gpg_keys=[gpg.public(ana)])
    content = payload(desk.work)
    good, bad = gpg.sign(content, ana), gpg.sign(content, mallory)
    commit = forged(desk.work, content, (b"gpgsig", good), (b"gpgsig", bad))
    desk.work.push(force=True)

    headers = only(repositories, repository, commit)
    desk.work.commit("two")
    blob = only(repositories, repository, by_gpg(desk, gpg, ana, mallory))

    assert headers.detail == "it has more than one signature"
    assert (blob.verdict, blob.detail) == (Verdict.BAD, "there is more than one signature")


def test_a_signature_for_another_use_is_refused(
    desk: Desk, repositories: GitRepositories, ssh: SshKey
) -> None:
    repository = asking(desk, allowed_signers=f"bo@example.com {ssh.public}")

    found = only(repositories, repository, by_ssh(desk, ssh, namespace="file"))

    assert (found.verdict, found.detail) == (Verdict.BAD, "it was made for another use than git")


def test_a_replacement_of_a_signed_commit_is_not_looked_at(
    desk: Desk, repositories: GitRepositories, gpg: Gpg, ana: str
) -> None:
    repository = asking(desk, gpg_keys=[gpg.public(ana)])
    commit = by_gpg(desk, gpg, ana)
    evil = desk.work.commit("evil", {"a": "evil"})
    desk.work.git("reset", "--quiet", "--hard", commit)
    desk.work.git("push", "--quiet", "origin", f"{evil}:refs/replace/{commit}")

    assert only(repositories, repository, commit).verdict is Verdict.GOOD
    with repositories.tree(repository, commit) as tree:
        assert tree.read("a") == b"1"


def test_a_good_verdict_starts_no_program_again(
    desk: Desk, repositories: GitRepositories, gpg: Gpg, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = asking(desk, gpg_keys=[gpg.public(ana)])
    commit = by_gpg(desk, gpg, ana)
    before = only(repositories, repository, commit)
    desk.server.asked.clear()
    monkeypatch.setattr(verifier, "run", None)

    assert repositories.signatures(repository, commit) == (before,)
    assert desk.server.asked == []


def test_a_key_that_is_taken_out_counts_no_more(
    desk: Desk, repositories: GitRepositories, gpg: Gpg, ana: str, mallory: str
) -> None:
    commit = by_gpg(desk, gpg, ana)
    assert only(repositories, asking(desk, gpg_keys=[gpg.public(ana)]), commit).verdict == "good"

    found = only(repositories, asking(desk, gpg_keys=[gpg.public(mallory)]), commit)

    assert (found.verdict, found.detail) == (Verdict.BAD, verifier.UNLISTED)


def test_keys_by_reference_are_read_each_time(
    desk: Desk, repositories: GitRepositories, gpg: Gpg, ana: str, ssh: SshKey
) -> None:
    directory = desk.root / "credentials"
    directory.mkdir()
    (directory / "ana.asc").write_text(gpg.public(ana))
    (directory / "signers").write_text(f"bo@example.com {ssh.public}\n")
    repository = asking(desk, key_refs=["file:ana.asc", "file:signers"])

    assert only(repositories, repository, by_gpg(desk, gpg, ana)).verdict is Verdict.GOOD
    desk.work.commit("two")
    commit = by_ssh(desk, ssh)
    assert only(repositories, repository, commit).verdict is Verdict.GOOD
    (directory / "signers").write_text("# nobody\n")
    assert only(repositories, repository, commit).verdict is Verdict.BAD
    (directory / "signers").write_text(ssh.path.read_text())
    with pytest.raises(InvalidDocument, match="file:signers holds a private key"):
        repositories.signatures(repository, commit)
    (directory / "signers").unlink()
    with pytest.raises(CredentialRefused, match="file:signers cannot be read"):
        repositories.signatures(repository, commit)


def test_keys_that_gpg_cannot_read_are_an_error_of_the_document(
    desk: Desk, repositories: GitRepositories, gpg: Gpg, ana: str
) -> None:
    commit = by_gpg(desk, gpg, ana)
    broken = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----\n"

    with pytest.raises(InvalidDocument, match="gpg finds no OpenPGP public key"):
        repositories.signatures(asking(desk, gpg_keys=[broken]), commit)


def test_nothing_is_left_behind(
    desk: Desk, repositories: GitRepositories, gpg: Gpg, ana: str, tmp_path: Path
) -> None:
    only(repositories, asking(desk, gpg_keys=[gpg.public(ana)]), by_gpg(desk, gpg, ana))

    assert commands("gpg-agent", "syncline-keys") == []
    assert commands("dirmngr", "syncline-keys") == []


def tagged(desk: Desk, key: SshKey, name: str, *, ref: str = "", commit: str = "") -> str:
    body = tag_payload(commit or desk.work.git("rev-parse", "HEAD"), name)
    made = signed_tag(desk.work, ref or name, body, key.sign(body))
    desk.work.push(force=True)
    return made


@pytest.mark.parametrize("mode", ["tag", "tagAndCommit"])
def test_a_tag_vouches_for_its_commit(
    desk: Desk, repositories: GitRepositories, ssh: SshKey, mode: str
) -> None:
    repository = asking(desk, mode=mode, allowed_signers=f"bo@example.com {ssh.public}")
    commit = by_ssh(desk, ssh)
    tagged(desk, ssh, "v1.2.0")

    found = repositories.signatures(repository, commit)

    assert [(each.subject, each.verdict) for each in found] == [
        *([("commit", Verdict.GOOD)] if mode == "tagAndCommit" else []),
        ("tag v1.2.0", Verdict.GOOD),
    ]
    for revision in ("main", "v1.2.0", ">=1.0"):
        assert repositories.resolve(repository, [revision]).commits == {revision: commit}


def test_a_tag_does_not_stand_for_the_commit_where_both_are_asked_for(
    desk: Desk, repositories: GitRepositories, ssh: SshKey
) -> None:
    signers = f"bo@example.com {ssh.public}"
    tagged(desk, ssh, "v1")
    (error,) = repositories.resolve(
        asking(desk, mode="tagAndCommit", allowed_signers=signers), ["v1"]
    ).missing.values()

    assert "is missing: it is not signed" in str(error)


def refusal(desk: Desk, repositories: GitRepositories, ssh: SshKey, revision: str) -> str:
    repository = asking(desk, mode="tag", allowed_signers=f"bo@example.com {ssh.public}")
    return str(repositories.resolve(repository, [revision]).missing[revision])


def test_a_tag_that_names_another_commit_is_refused(
    desk: Desk, repositories: GitRepositories, ssh: SshKey
) -> None:
    first = desk.work.git("rev-parse", "HEAD")
    second = desk.work.commit("two", {"a": "2"})
    of_first = tag_payload(first, "v1")
    swapped = of_first.replace(first.encode(), second.encode())
    signed_tag(desk.work, "v1", swapped, ssh.sign(of_first))
    desk.work.push()

    assert f"the signature of tag v1 is bad: {verifier.ALTERED}" in refusal(
        desk, repositories, ssh, "v1"
    )


def test_a_server_that_lies_about_what_a_tag_names_is_not_believed(desk: Desk, ssh: SshKey) -> None:
    first = desk.work.git("rev-parse", "HEAD")
    body = tag_payload(first, "v1")
    signed_by_bo = body + ssh.sign(body)
    repository = asking(desk, mode="tag", allowed_signers=f"bo@example.com {ssh.public}")
    source = CredentialSource(directory=None, environment=os.environ)

    def vouched(commit: str) -> Verdict | str:
        listed = (Candidate("v1", "d" * 40),)
        sought = Sought(commit=commit, read=lambda _: signed_by_bo, tags=listed, ask=tuple)
        (found,) = Trust(source).judged(repository, sought)
        return found.verdict

    assert vouched(first) is Verdict.GOOD
    assert vouched("e" * 40) is Verdict.BAD


def test_an_old_tag_under_a_new_name_is_refused(
    desk: Desk, repositories: GitRepositories, ssh: SshKey
) -> None:
    tagged(desk, ssh, "v1.0.0", ref="v9.9.9")

    for revision in ("v9.9.9", ">=1.0", "main"):
        assert "tag v9.9.9 is bad: it was signed as the tag v1.0.0" in refusal(
            desk, repositories, ssh, revision
        )


def test_a_lightweight_tag_takes_nothing_from_another_one(
    desk: Desk, repositories: GitRepositories, ssh: SshKey
) -> None:
    tagged(desk, ssh, "v1.0.0")
    desk.work.tag("v9.9.9")
    desk.work.push()
    repository = asking(desk, mode="tag", allowed_signers=f"bo@example.com {ssh.public}")

    assert list(repositories.resolve(repository, ["v1.0.0"]).commits) == ["v1.0.0"]
    for revision in ("v9.9.9", ">=1.0"):
        assert "v9.9.9 is missing: it is a lightweight tag" in refusal(
            desk, repositories, ssh, revision
        )


def test_a_tag_that_comes_later_is_found(
    desk: Desk, repositories: GitRepositories, ssh: SshKey
) -> None:
    desk.work.push()
    repository = asking(desk, mode="tag", allowed_signers=f"bo@example.com {ssh.public}")
    assert "no annotated tag names the commit" in refusal(desk, repositories, ssh, "main")

    tagged(desk, ssh, "v1")

    assert list(repositories.resolve(repository, ["main"]).commits) == ["main"]
    (found,) = repositories.signatures(repository, desk.work.git("rev-parse", "HEAD"))
    assert found.verdict is Verdict.GOOD


def test_a_repository_that_asks_for_none_starts_nothing(
    desk: Desk, repositories: GitRepositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.work.push()
    monkeypatch.setattr(verifier, "run", None)
    commit = desk.work.git("rev-parse", "HEAD")

    assert repositories.signatures(desk.served, commit) == ()
    with repositories.tree(desk.served, commit) as tree:
        assert tree.read("a") == b"1"


def test_a_worker_without_the_program_says_what_to_install(desk: Desk, gpg: Gpg, ana: str) -> None:
    bin_ = desk.root / "bin"
    bin_.mkdir()
    for program in ("git", "env"):
        (bin_ / program).symlink_to(which(program) or pytest.fail(f"no {program}"))
    commit = by_gpg(desk, gpg, ana)

    with pytest.raises(RepositoryUnreachable, match=r"the worker has no gpg.*Debian: gnupg"):
        desk.open({"PATH": str(bin_)}).signatures(asking(desk, gpg_keys=[gpg.public(ana)]), commit)
