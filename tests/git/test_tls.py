"""TLS to one repository: its own authorities and no other, and the certificate that it asks for."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from pydantic import ValidationError

from syncline.errors import (
    CredentialRefused,
    InvalidDocument,
    RepositoryUnreachable,
    SynclineError,
)
from syncline.model.records import RepositoryRecord
from syncline.model.tls import Tls
from tests.git.desk import Desk, record
from tests.harness import tls
from tests.harness.gitserver import GitServer
from tests.harness.tls import Authority, Certificate


@dataclass
class Secure:
    """The desk's repository behind TLS; its server asks for a certificate of `clients`, if any."""

    desk: Desk
    authority: Authority
    commit: str
    server: GitServer
    clients: Authority

    def repository(self, **said: Any) -> RepositoryRecord:
        """With `said` in spec.tls."""
        made = Tls(**said) if said else None
        return record(self.server.url("app.git"), tls=made)

    @property
    def ca(self) -> str:
        return self.authority.file.read_text()

    def asks(self) -> None:
        """The server wants to see a certificate from now on."""
        port = self.server.port
        self.server.stop()
        shown = self.authority.issue("server")
        self.server.tls = tls.context(shown, clients=self.clients)
        self.server.listen(port)

    def give(self, shown: Certificate, *, key: str = "") -> dict[str, str]:
        """A client certificate as the workers have it."""
        return {
            "certificate_ref": self.desk.give("client.pem", shown.certificate.read_text()),
            "key_ref": self.desk.give("client.key", key or shown.key.read_text()),
        }

    def refused(self, error: type[SynclineError], repository: RepositoryRecord) -> str:
        repositories = self.desk.open()
        with pytest.raises(SynclineError) as caught:
            repositories.resolve(repository, ["main"])
        assert caught.type is error
        with pytest.raises(error), repositories.tree(repository, self.commit):
            pass
        return str(caught.value)


@pytest.fixture
def secure(desk: Desk) -> Iterator[Secure]:
    authority = Authority(desk.root, "authority")
    shown = tls.context(authority.issue("server"))
    server = GitServer.start(desk.root / "served", tls=shown)
    commit = desk.work.publish("one", {"a": "1"})
    yield Secure(desk, authority, commit, server, Authority(desk.root, "clients"))
    server.stop()


def test_a_repository_with_an_authority_of_its_own_is_read(secure: Secure) -> None:
    repositories = secure.desk.open()
    repository = secure.repository(ca=secure.ca)

    assert repositories.resolve(repository, ["main"]).commits == {"main": secure.commit}
    with repositories.tree(repository, secure.commit) as tree:
        assert tree.read("a") == b"1"


def test_an_authority_by_reference_is_rotated_without_a_new_document(secure: Secure) -> None:
    other = Authority(secure.desk.root, "other").file.read_text()
    repository = secure.repository(ca_ref=secure.desk.give("ca.pem", other))
    said = secure.refused(RepositoryUnreachable, repository)
    assert "not trusted: none of the authorities in file:ca.pem signed it" in said

    secure.desk.give("ca.pem", other + secure.ca)

    found = secure.desk.open().resolve(repository, ["main"])
    assert found.commits == {"main": secure.commit}


def test_without_its_authority_a_server_is_not_trusted_and_the_next_step_is_told(
    secure: Secure,
) -> None:
    said = secure.refused(RepositoryUnreachable, secure.repository())

    assert said.startswith(
        "Repository/shop: the server's certificate is not trusted: give its authorities in "
        "spec.tls.ca, or to all workers (GIT_SSL_CAINFO); git: "
    )
    assert secure.server.asked == []


def test_authorities_of_a_repository_take_the_place_of_the_workers(secure: Secure) -> None:
    repositories = secure.desk.open({"GIT_SSL_CAINFO": str(secure.authority.file)})
    assert repositories.resolve(secure.repository(), ["main"]).commits
    other = Authority(secure.desk.root, "other").file.read_text()

    with pytest.raises(RepositoryUnreachable) as caught:
        repositories.resolve(secure.repository(ca=other), ["main"])

    assert "none of the authorities in spec.tls.ca signed it" in str(caught.value)
    assert "syncline-ssh" not in str(caught.value)  # no path of ours, which changes each time


def test_the_systems_authorities_are_not_trusted_beside_them(
    secure: Secure, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = secure.desk.root / "bin"
    spy.mkdir()
    (spy / "git").write_text(
        f"#!/bin/sh\nls -a $GIT_SSL_CAPATH >> {secure.desk.root}/trusted\n"
        'PATH="${PATH#*:}" exec git "$@"\n'
    )
    (spy / "git").chmod(0o755)
    repositories = secure.desk.open({"PATH": f"{spy}:/usr/local/bin:/usr/bin:/bin"})

    repositories.resolve(secure.repository(ca=secure.ca), ["main"])

    assert (secure.desk.root / "trusted").read_text().split() == [".", ".."]


def test_what_holds_no_certificate_is_named(secure: Secure) -> None:
    ref = secure.desk.give("ca.pem", "nothing of the kind")

    said = secure.refused(CredentialRefused, secure.repository(ca_ref=ref))

    assert said.startswith("Repository/shop: file:ca.pem holds no certificates that can be read")


def test_tls_fits_https_alone(secure: Secure) -> None:
    repository = record(secure.desk.server.url("app.git"), tls=Tls(ca=secure.ca))

    said = secure.refused(InvalidDocument, repository)

    assert said == "Repository/shop: spec.tls does nothing for a http:// URL: take it away"


def test_a_client_certificate_opens_a_server_that_asks_for_one(secure: Secure) -> None:
    secure.asks()
    mine = secure.give(secure.clients.issue("me"))
    repositories = secure.desk.open()
    repository = secure.repository(ca=secure.ca, **mine)

    assert repositories.resolve(repository, ["main"]).commits == {"main": secure.commit}
    with repositories.tree(repository, secure.commit) as tree:
        assert tree.read("a") == b"1"


def test_a_server_that_asks_for_a_certificate_says_so(secure: Secure) -> None:
    secure.asks()

    said = secure.refused(RepositoryUnreachable, secure.repository(ca=secure.ca))

    assert "wants a client certificate: set spec.tls.certificateRef and keyRef" in said


def test_a_certificate_of_somebody_else_is_refused_by_name(secure: Secure) -> None:
    secure.asks()
    theirs = secure.give(Authority(secure.desk.root, "other").issue("they"))

    said = secure.refused(RepositoryUnreachable, secure.repository(ca=secure.ca, **theirs))

    assert "it refuses the certificate file:client.pem" in said


def test_the_key_is_private_for_one_command_and_nowhere_else(secure: Secure) -> None:
    secure.asks()
    mine = secure.clients.issue("me")
    spy = secure.desk.root / "bin"
    spy.mkdir()
    (spy / "git").write_text(
        f'#!/bin/sh\nfor a in "$@"; do echo "$a"; done >> {secure.desk.root}/arguments\n'
        f"env >> {secure.desk.root}/environment\n"
        'case " $* " in *" ls-remote "*|*" fetch "*) stat -c "%a %n" "$(dirname '
        f'"$GIT_SSL_CAINFO")"/certificate-key >> {secure.desk.root}/modes;; esac\n'
        'PATH="${PATH#*:}" exec git "$@"\n'
    )
    (spy / "git").chmod(0o755)
    repositories = secure.desk.open({"PATH": f"{spy}:/usr/local/bin:/usr/bin:/bin"})

    with repositories.tree(secure.repository(ca=secure.ca, **secure.give(mine)), secure.commit):
        pass

    modes = [line.split() for line in (secure.desk.root / "modes").read_text().splitlines()]
    assert {mode for mode, _ in modes} == {"600"}
    assert not any(Path(path).parent.exists() for _, path in modes)
    secret = mine.key.read_text().splitlines()[1]
    kept = [*secure.desk.cache.rglob("*"), *secure.desk.root.glob("*")]
    leaks = [path for path in kept if path.is_file() and secret.encode() in path.read_bytes()]
    assert leaks == [mine.key]


def locked(shown: Certificate, passphrase: bytes) -> str:
    """Its key, as a file with a passphrase."""
    key = serialization.load_pem_private_key(shown.key.read_bytes(), None)
    form = serialization.PrivateFormat.PKCS8
    how = serialization.BestAvailableEncryption(passphrase)
    return key.private_bytes(serialization.Encoding.PEM, form, how).decode()


@pytest.mark.parametrize(
    ("passphrase", "said"),
    [
        ("open sesame\n", ""),
        ("", "file:client.key has a passphrase: name it in spec.tls.passphraseRef"),
        ("wrong", "or file:passphrase does not open it"),
    ],
)
def test_a_key_with_a_passphrase_is_opened_by_reference(
    secure: Secure, passphrase: str, said: str
) -> None:
    secure.asks()
    mine = secure.clients.issue("me")
    given = secure.give(mine, key=locked(mine, b"open sesame"))
    if passphrase:
        given["passphrase_ref"] = secure.desk.give("passphrase", passphrase)
    repository = secure.repository(ca=secure.ca, **given)

    if said:
        assert said in secure.refused(CredentialRefused, repository)
    else:
        assert secure.desk.open().resolve(repository, ["main"]).commits


def test_a_passphrase_that_nothing_needs_is_told(secure: Secure) -> None:
    mine = secure.give(secure.clients.issue("me"))
    mine["passphrase_ref"] = secure.desk.give("passphrase", "open sesame")

    said = secure.refused(CredentialRefused, secure.repository(**mine))

    assert "file:client.key has no passphrase: take spec.tls.passphraseRef away" in said


def test_a_key_of_another_certificate_is_told(secure: Secure) -> None:
    mine, other = secure.clients.issue("me"), secure.clients.issue("other")

    said = secure.refused(
        CredentialRefused, secure.repository(**secure.give(mine, key=other.key.read_text()))
    )

    assert said.endswith("file:client.key is not the key of the certificate file:client.pem")


def test_a_redirect_is_not_shown_the_certificate(secure: Secure) -> None:
    secure.asks()
    secure.server.redirect = secure.desk.server.url().rstrip("/")
    mine = secure.give(secure.clients.issue("me"))

    said = secure.refused(RepositoryUnreachable, secure.repository(ca=secure.ca, **mine))

    assert "write the final URL into" in said
    assert secure.desk.server.asked == []


def test_a_mirror_is_not_read_without_the_certificate_that_filled_it(secure: Secure) -> None:
    secure.asks()
    mine = secure.give(secure.clients.issue("me"))
    repositories = secure.desk.open()
    with repositories.tree(secure.repository(ca=secure.ca, **mine), secure.commit):
        pass

    anybody = secure.repository(ca=secure.ca)
    with pytest.raises(RepositoryUnreachable), repositories.tree(anybody, secure.commit):
        pass


CA = "-----BEGIN CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"ca": "MII"}, "ca holds no certificate"),
        ({"ca": CA + "-----BEGIN RSA PRIVATE KEY-----"}, "ca holds a private key"),
        ({"ca": CA, "caRef": "file:ca"}, "set ca or caRef, not both"),
        ({"certificateRef": "file:a"}, "certificateRef and keyRef go together"),
        ({"keyRef": "file:a"}, "certificateRef and keyRef go together"),
        ({"passphraseRef": "file:a"}, "passphraseRef needs keyRef"),
        ({"insecure": True}, "insecure"),
    ],
)
def test_a_document_that_does_not_fit_is_refused(said: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        Tls.model_validate(said)
