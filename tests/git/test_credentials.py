"""A credential reaches the repository that it is for, and nobody else."""

import base64
import stat
from pathlib import Path

import pytest

from syncline.errors import CredentialRefused, RepositoryUnreachable
from syncline.model.credential import Credential
from syncline.model.credentialtemplate import CredentialTemplateSpec
from syncline.model.filling import Template, fill
from syncline.model.records import RepositoryRecord
from syncline_workers.git.repositories import GitRepositories
from tests.git.desk import TOKEN, Desk, record, token
from tests.harness.gitserver import GitServer

BASIC = "Basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()


@pytest.fixture
def private(desk: Desk) -> Desk:
    """The server lets the token in, and nobody else."""
    desk.work.publish("one", {"a": "1"})
    desk.server.users = {"x-access-token": TOKEN, "me": "pass:word"}
    return desk


def with_token(desk: Desk, **environment: str) -> GitRepositories:
    return desk.open({"SYNCLINE_CRED_GIT": TOKEN, **environment})


def guarded(desk: Desk) -> RepositoryRecord:
    url = desk.server.url("app.git")
    return record(url, credential=token(desk.server.url()))


def refused(repositories: GitRepositories, repository: RepositoryRecord) -> str:
    with pytest.raises(CredentialRefused) as caught:
        repositories.resolve(repository, ["main"])
    with pytest.raises(CredentialRefused), repositories.tree(repository, "0" * 40):
        pass
    return str(caught.value)


def test_a_token_opens_a_private_repository(private: Desk) -> None:
    repositories = with_token(private)
    commit = private.work.git("rev-parse", "HEAD")

    assert repositories.resolve(guarded(private), ["main"]).commits == {"main": commit}
    with repositories.tree(guarded(private), commit) as tree:
        assert tree.read("a") == b"1"
    assert {asked.authorization for asked in private.server.asked} == {BASIC}


def test_a_user_and_password_open_it_from_a_file(private: Desk) -> None:
    (private.root / "credentials").mkdir()
    (private.root / "credentials/git").write_text("me:pass:word\n")
    credential = Credential(type="basic", ref="file:git", url_prefix=private.server.url())

    found = private.open().resolve(
        record(private.server.url("app.git"), credential=credential), ["main"]
    )

    assert found.commits == {"main": private.work.git("rev-parse", "HEAD")}


def test_no_credential_is_asked_for_by_name(private: Desk) -> None:
    assert refused(private.open(), private.served).startswith(
        "Repository/shop: the server asks for a credential: set spec.credential; git: "
    )


def test_a_wrong_or_expired_token_is_named_and_not_shown(private: Desk) -> None:
    repositories = with_token(private)
    repositories.resolve(guarded(private), ["main"])
    private.server.users = {"x-access-token": "n3w"}

    said = refused(repositories, guarded(private))

    assert said.startswith(
        "Repository/shop: the server refused the credential env:SYNCLINE_CRED_GIT: it is wrong, "
        "expired or too narrow; git: "
    )
    assert TOKEN not in said
    assert BASIC not in said


def test_a_credential_of_a_template_is_named_with_it_and_has_a_mirror_of_its_own(
    private: Desk,
) -> None:
    commit = private.work.git("rev-parse", "HEAD")
    given = {"type": "token", "ref": "env:SYNCLINE_CRED_GIT"}
    template = CredentialTemplateSpec(url_prefix=private.server.url(), credential=given)
    whole, filled = fill(private.served.spec, Template("mine", template))
    repository = private.served.model_copy(
        update={"spec": whole, "template": "mine", "filled": filled}
    )
    repositories = with_token(private)
    with repositories.tree(repository, commit) as tree:
        assert tree.read("a") == b"1"

    with pytest.raises(CredentialRefused), repositories.tree(private.served, commit):
        pass
    private.server.users = {"x-access-token": "n3w"}
    assert "the server refused the credential env:SYNCLINE_CRED_GIT (CredentialTemplate/mine)" in (
        refused(repositories, repository)
    )


def test_a_forbidden_repository_is_refused(private: Desk) -> None:
    private.server.status = 403

    assert "too narrow" in refused(with_token(private), guarded(private))


def test_a_token_is_sent_only_below_its_prefix(private: Desk) -> None:
    mine = private.server.url("org")
    for prefix in ("https://127.0.0.1/", mine, private.server.url("app"), "http://127.0.0.1/"):
        repository = record(private.server.url("apple.git"), credential=token(prefix))

        assert "SYNCLINE_CRED_GIT is for http" in refused(with_token(private), repository)

    assert private.server.asked == []


def test_a_redirect_does_not_carry_the_token_along(private: Desk) -> None:
    thief = GitServer.start(private.root / "served")
    private.server.redirect = thief.url().rstrip("/")

    with pytest.raises(RepositoryUnreachable, match="write the final URL into"):
        with_token(private).resolve(guarded(private), ["main"])
    thief.stop()

    assert thief.asked == []


def test_a_mirror_is_not_read_without_the_credential_that_filled_it(private: Desk) -> None:
    commit = private.work.git("rev-parse", "HEAD")
    repositories = with_token(private)
    with repositories.tree(guarded(private), commit):
        pass

    with pytest.raises(CredentialRefused), repositories.tree(private.served, commit):
        pass


def test_the_token_is_in_no_argument_and_on_no_disk(private: Desk) -> None:
    spy = private.root / "bin"
    spy.mkdir()
    (spy / "git").write_text(
        f'#!/bin/sh\nfor a in "$@"; do echo "$a"; done >> {private.root}/arguments\n'
        'PATH="${PATH#*:}" exec git "$@"\n'
    )
    (spy / "git").chmod(0o755)
    repositories = with_token(private, PATH=f"{spy}:/usr/local/bin:/usr/bin:/bin")
    with repositories.tree(guarded(private), private.work.git("rev-parse", "HEAD")):
        pass

    assert (
        "ls-remote" in (private.root / "arguments").read_text()
        or "fetch" in (private.root / "arguments").read_text()
    )
    kept = [*private.cache.rglob("*"), private.root / "arguments"]
    secrets = (TOKEN.encode(), BASIC.removeprefix("Basic ").encode())
    leaks = [path for path in kept if path.is_file() for s in secrets if s in path.read_bytes()]
    assert leaks == []


@pytest.mark.parametrize(
    ("value", "reason"),
    [("a\nb", "holds more than one line"), ("plain", "is not user:password"), ("  ", "is empty")],
)
def test_a_value_that_is_no_credential_is_refused(private: Desk, value: str, reason: str) -> None:
    credential = Credential(
        type="basic", ref="env:SYNCLINE_CRED_GIT", url_prefix=private.server.url()
    )
    repository = record(private.server.url("app.git"), credential=credential)

    said = refused(private.open({"SYNCLINE_CRED_GIT": value}), repository)

    assert said == f"Repository/shop: env:SYNCLINE_CRED_GIT {reason}"


# How `ssh` is called: it is a script that notes it and, like a server that is reached, runs the
# command that git asked for. What a real one does with it is in test_ssh.py.
SSH = """#!/bin/sh
for a in "$@"; do echo "$a"; case "$a" in
IdentityFile=*) cp -p "${{a#*=}}" {root}/key;;
UserKnownHostsFile=*) cp -p "${{a#*=}}" {root}/known_hosts;;
esac; done > {root}/called
for a in "$@"; do command=$a; done
eval "exec $command"
"""


@pytest.fixture
def ssh(private: Desk) -> GitRepositories:
    directory = private.root / "bin"
    directory.mkdir()
    (directory / "ssh").write_text(SSH.format(root=private.root))
    (directory / "ssh").chmod(0o755)
    (private.root / "credentials").mkdir()
    (private.root / "credentials/key").write_text("PRIVATE KEY")
    return private.open({"PATH": f"{directory}:/usr/local/bin:/usr/bin:/bin"})


def over_ssh(desk: Desk, *, known_hosts: str | None = "host ssh-ed25519 AAAA") -> RepositoryRecord:
    credential = Credential(
        type="ssh", ref="file:key", url_prefix="ssh://git@host", known_hosts=known_hosts
    )
    return record(f"ssh://git@host{desk.work.origin}", credential=credential)


def test_ssh_gets_a_private_key_and_strict_host_checks(private: Desk, ssh: GitRepositories) -> None:
    commit = private.work.git("rev-parse", "HEAD")

    with ssh.tree(over_ssh(private), commit) as tree:
        assert tree.read("a") == b"1"

    called = (private.root / "called").read_text().splitlines()
    options = [word for word in called if "=" in word and "/" not in word]
    assert options == [
        "BatchMode=yes",
        "ClearAllForwardings=yes",
        "IdentitiesOnly=yes",
        "IdentityAgent=none",
        "PasswordAuthentication=no",
        "StrictHostKeyChecking=yes",
        "UpdateHostKeys=no",
        "SendEnv=GIT_PROTOCOL",
    ]
    assert (private.root / "key").read_text() == "PRIVATE KEY\n"
    assert stat.S_IMODE((private.root / "key").stat().st_mode) == 0o600
    assert (private.root / "known_hosts").read_text() == "host ssh-ed25519 AAAA\n"
    (key,) = [word.partition("=")[2] for word in called if word.startswith("IdentityFile=")]
    assert not Path(key).parent.exists()


@pytest.mark.parametrize("known_hosts", [None, "", "\n"])
def test_ssh_without_known_hosts_is_refused(
    private: Desk, ssh: GitRepositories, known_hosts: str | None
) -> None:
    assert refused(ssh, over_ssh(private, known_hosts=known_hosts)).startswith(
        "Repository/shop: ssh needs spec.credential.knownHosts, or anybody could answer"
    )
    assert not (private.root / "called").exists()


def test_ssh_without_a_key_is_refused(private: Desk, ssh: GitRepositories) -> None:
    assert refused(ssh, record("git@host:app.git")) == (
        "Repository/shop: ssh needs a key: set spec.credential with type ssh"
    )


def test_a_token_does_not_fit_ssh(private: Desk, ssh: GitRepositories) -> None:
    repository = record("git@host:app", credential=token("ssh://host"))

    assert "type token does not fit a ssh:// URL" in refused(ssh, repository)


@pytest.mark.parametrize(
    ("said", "step"),
    [
        ("Host key verification failed.", "no key of host is in spec.credential.knownHosts"),
        ("git@host: Permission denied (publickey).", "refused the credential file:key"),
        ('Load key "/k": invalid format', "is no private key that ssh reads"),
    ],
)
def test_what_ssh_says_is_understood(
    private: Desk, ssh: GitRepositories, said: str, step: str
) -> None:
    (private.root / "bin/ssh").write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 255\n")

    assert step in refused(ssh, over_ssh(private))
