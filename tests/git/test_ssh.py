"""Git over a real SSH connection: the right key and host get in, and nothing else does."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest

from syncline.errors import CredentialRefused, NotFound, RepositoryUnreachable, SynclineError
from syncline.model.credential import Credential
from syncline.model.records import RepositoryRecord
from syncline_workers.git import keys
from tests.git import sshserver
from tests.git.desk import Desk, record
from tests.git.sshserver import SshServer


@dataclass
class Private:
    """A repository behind SSH, and a key that opens it, in the credentials directory."""

    desk: Desk
    server: SshServer
    key: asyncssh.SSHKey
    commit: str

    def repository(
        self,
        *,
        ref: str = "file:key",
        known_hosts: str = "",
        path: str = "",
        passphrase_ref: str | None = None,
    ) -> RepositoryRecord:
        credential = Credential(
            type="ssh",
            ref=ref,
            url_prefix=self.server.url(),
            known_hosts=known_hosts or self.server.known_hosts(),
            passphrase_ref=passphrase_ref,
        )
        return record(self.server.url(path or self.desk.work.origin), credential=credential)

    def give(self, name: str, text: str) -> str:
        """A credential's reference."""
        return self.desk.give(name, text)

    def refused(self, error: type[SynclineError], repository: RepositoryRecord) -> str:
        """What a look-up and a fetch say, which is the same but for git's own words."""
        said = []
        repositories = self.desk.open()
        with pytest.raises(error) as caught:
            repositories.resolve(repository, ["main"])
        said.append(str(caught.value))
        with pytest.raises(error) as caught, repositories.tree(repository, self.commit):
            pass
        said.append(str(caught.value))
        assert said[0].partition("; git: ")[0] == said[1].partition("; git: ")[0]
        assert not leaked(self.key, "".join(said))
        return said[0]


def leaked(key: asyncssh.SSHKey, text: str) -> bool:
    """Whether any line of the private half is in a text."""
    return any(line in text for line in sshserver.private(key).splitlines()[1:-1])


@pytest.fixture
def private(desk: Desk) -> Iterator[Private]:
    sshserver.require_client()
    key = sshserver.new_key()
    server = SshServer(desk.root / "served", [key]).start()
    found = Private(desk, server, key, desk.work.publish("one", {"a": "1"}))
    found.give("key", sshserver.private(key))
    yield found
    server.stop()


def test_a_key_opens_a_repository_on_a_host_that_is_known(private: Private) -> None:
    repositories = private.desk.open()

    found = repositories.resolve(private.repository(), ["main"])
    with repositories.tree(private.repository(), private.commit) as tree:
        assert tree.read("a") == b"1"

    assert found.commits == {"main": private.commit}
    command = f"git-upload-pack '{private.desk.work.origin}'"
    assert private.server.asked == [("git", command)] * 3  # names; commits and trees; files


def test_a_later_commit_is_fetched_too(private: Private) -> None:
    repositories = private.desk.open()
    with repositories.tree(private.repository(), private.commit) as tree:
        tree.read("a")

    commit = private.desk.work.publish("two", {"a": "2"})

    with repositories.tree(private.repository(), commit) as tree:
        assert tree.read("a") == b"2"


def test_an_rsa_key_in_pem_form_opens_it(private: Private) -> None:
    key = asyncssh.generate_private_key("ssh-rsa")
    private.server.keys.append(key)
    ref = private.give("rsa", key.export_private_key("pkcs1-pem").decode())

    found = private.desk.open().resolve(private.repository(ref=ref), ["main"])

    assert found.commits == {"main": private.commit}


def test_the_private_key_is_in_no_argument_no_environment_and_on_no_disk(private: Private) -> None:
    with private.desk.open().tree(private.repository(), private.commit):
        pass

    seen = "\n".join(private.server.seen)
    assert "IdentityFile=" in seen  # the processes were looked at while they ran
    assert not leaked(private.key, seen)
    kept = [path for path in private.desk.cache.rglob("*") if path.is_file()]
    assert [path for path in kept if leaked(private.key, path.read_bytes().decode("latin-1"))] == []


def test_a_host_with_another_key_is_refused_with_its_name_and_the_next_step(
    private: Private,
) -> None:
    other = sshserver.new_key()

    said = private.refused(
        CredentialRefused, private.repository(known_hosts=private.server.known_hosts(other))
    )

    host = f"[127.0.0.1]:{private.server.port}"
    fingerprint = private.server.host_key.get_fingerprint()
    assert said == (
        f"Repository/shop: the key of {host} is another than in spec.credential.knownHosts: ask "
        "its owner whether it was replaced, and only then put the new one there (ssh-keyscan); "
        f"git: The fingerprint for the ED25519 key sent by the remote host is; {fingerprint}.; "
        f"Host key for {host} has changed and you have requested strict checking.; "
        "Host key verification failed.; fatal: Could not read from remote repository."
    )
    assert private.server.asked == []


def test_a_host_that_is_not_known_is_refused_likewise(private: Private) -> None:
    elsewhere = private.server.known_hosts().replace("127.0.0.1", "192.0.2.1")

    said = private.refused(CredentialRefused, private.repository(known_hosts=elsewhere))

    host = f"[127.0.0.1]:{private.server.port}"
    assert said.startswith(
        f"Repository/shop: no key of {host} is in spec.credential.knownHosts: compare and add it "
        f"(ssh-keyscan); git: No ED25519 host key is known for {host}"
    )
    assert private.server.asked == []


def test_a_key_that_is_not_authorised_is_refused_by_repository_and_credential(
    private: Private,
) -> None:
    stranger = sshserver.new_key()
    ref = private.give("stranger", sshserver.private(stranger))

    said = private.refused(CredentialRefused, private.repository(ref=ref))

    assert said == (
        "Repository/shop: the server refused the credential file:stranger: it is wrong, expired "
        "or too narrow; git: git@127.0.0.1: Permission denied (publickey).; "
        "fatal: Could not read from remote repository."
    )
    assert not leaked(stranger, said)
    assert private.server.asked == []


def test_a_key_that_was_withdrawn_is_refused_from_then_on(private: Private) -> None:
    private.desk.open().resolve(private.repository(), ["main"])
    private.server.keys.clear()

    said = private.refused(CredentialRefused, private.repository())

    assert "the server refused the credential file:key" in said


def test_a_broken_key_is_told_from_one_that_is_refused(private: Private) -> None:
    lines = sshserver.private(private.key).splitlines()
    ref = private.give("broken", "\n".join([lines[0], "b3Blbg==", lines[-1]]))

    said = private.refused(CredentialRefused, private.repository(ref=ref))

    assert "the credential is no private key that ssh reads" in said


PASSPHRASE = "long passphrase"


def locked(private: Private, form: str) -> str:
    """A key with a passphrase that the server lets in; gives its reference."""
    kind = "rsa" if form != "RFC4716" else "ed25519"
    file = private.desk.root / "locked"
    size = ["-b", "2048"] if kind == "rsa" else []
    how = ["-C", "", "-t", kind, *size, "-m", form, "-N", PASSPHRASE]
    make = ["ssh-keygen", "-q", *how, "-f", file]
    subprocess.run(make, check=True)
    private.server.keys.append(asyncssh.read_private_key(file, PASSPHRASE))
    return private.give("locked", file.read_text())


@pytest.mark.parametrize("form", ["RFC4716", "PEM", "PKCS8"])
def test_a_key_with_a_passphrase_opens_a_repository(private: Private, form: str) -> None:
    given = {
        "ref": locked(private, form),
        "passphrase_ref": private.give("word", PASSPHRASE + "\n"),
    }
    repositories = private.desk.open()

    found = repositories.resolve(private.repository(**given), ["main"])
    with repositories.tree(private.repository(**given), private.commit) as tree:
        assert tree.read("a") == b"1"

    assert found.commits == {"main": private.commit}
    seen = "\n".join(private.server.seen)
    assert "IdentityFile=" in seen  # the processes were looked at while they ran
    assert PASSPHRASE not in seen


@pytest.mark.parametrize("form", ["RFC4716", "PEM", "PKCS8"])
def test_a_passphrase_that_is_missing_or_wrong_is_told(private: Private, form: str) -> None:
    ref = locked(private, form)
    missing = private.repository(ref=ref)
    wrong = private.repository(ref=ref, passphrase_ref=private.give("word", "another"))

    assert private.refused(CredentialRefused, missing) == (
        "Repository/shop: file:locked has a passphrase: name it in spec.credential.passphraseRef"
    )
    assert private.refused(CredentialRefused, wrong) == (
        "Repository/shop: file:locked is no private key that can be read (OpenSSH, PEM), or "
        "file:word does not open it"
    )


def test_a_passphrase_that_nothing_needs_is_told(private: Private) -> None:
    repository = private.repository(passphrase_ref=private.give("word", PASSPHRASE))

    said = private.refused(CredentialRefused, repository)

    assert said.endswith("file:key has no passphrase: take spec.credential.passphraseRef away")


def test_a_key_is_opened_once_and_anew_when_it_is_rotated(private: Private) -> None:
    word = private.give("word", PASSPHRASE)
    repository = private.repository(ref=locked(private, "RFC4716"), passphrase_ref=word)
    repositories = private.desk.open()
    repositories.resolve(repository, ["main"])
    before = keys._read.cache_info()
    repositories.resolve(repository, ["main"])
    after = keys._read.cache_info()
    assert (after.hits, after.misses) == (before.hits + 1, before.misses)

    private.give("locked", "rotated to nonsense")

    with pytest.raises(CredentialRefused, match="file:locked is no private key"):
        repositories.resolve(repository, ["main"])


def test_a_repository_that_is_not_there_is_not_found(private: Private) -> None:
    said = private.refused(NotFound, private.repository(path="/srv/other.git"))

    assert said.startswith("Repository/shop: it does not exist, or the credential may not see it")


def test_a_worker_without_ssh_says_how_to_get_it(private: Private, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("env", "git", "sh"):
        (programs / name).symlink_to(str(shutil.which(name)))

    with pytest.raises(RepositoryUnreachable) as caught:
        private.desk.open({"PATH": str(programs)}).resolve(private.repository(), ["main"])

    assert str(caught.value).startswith(
        "Repository/shop: the worker has no ssh: install it (Debian: openssh-client)"
    )


def test_a_host_that_is_away_is_tried_again(private: Private) -> None:
    port = private.server.port
    private.server.stop()

    said = private.refused(RepositoryUnreachable, private.repository())

    assert f"connect to host 127.0.0.1 port {port}: Connection refused" in said


def test_without_a_client_the_tests_say_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")

    with pytest.raises(pytest.fail.Exception, match="apt-get install openssh-client"):
        sshserver.require_client()
