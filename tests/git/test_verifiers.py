"""What gpg and ssh-keygen make of a signature, with the listed keys and no others."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncline.errors import RepositoryUnreachable
from syncline.model.signature import Signature, Verdict
from syncline_workers.git import openpgp, verifiers
from syncline_workers.git.signed import Signed
from syncline_workers.git.verifier import Keys
from tests.harness.signers import Gpg, SshKey

PAST = "20200101T000000"
PAYLOAD = b"tree 1\n\nScale the shop\n"


@pytest.fixture(scope="module")
def gpg() -> Iterator[Gpg]:
    ring = Gpg()
    yield ring
    ring.close()


@pytest.fixture
def ssh(tmp_path: Path) -> SshKey:
    return SshKey.make(tmp_path / "bo")


def judged(signature: bytes, **listed: Any) -> Signature:
    keys = Keys(**{"about": "r", "openpgp": (), "signers": "", "environment": os.environ} | listed)
    return verifiers.judge("commit", Signed(PAYLOAD, signature), keys)


def bad(signature: bytes, **listed: Any) -> str:
    found = judged(signature, **listed)
    assert found.verdict is Verdict.BAD
    return found.detail


@pytest.mark.parametrize(
    ("options", "detail"),
    [
        (
            'valid-before="20200101"',
            "the key has expired: its valid-before in allowedSigners is over",
        ),
        (
            'valid-after="20990101"',
            "the key is not valid yet: see its valid-after in allowedSigners",
        ),
        (
            'namespaces="file"',
            "allowedSigners does not list the key for git: see its namespaces",
        ),
    ],
)
def test_the_terms_of_an_allowed_signer_hold(ssh: SshKey, options: str, detail: str) -> None:
    signers = f"bo@example.com {options} {ssh.public}"

    assert bad(ssh.sign(PAYLOAD), signers=signers) == detail


def test_an_expired_key_is_refused(gpg: Gpg) -> None:
    old = gpg.key("old", expires="1y", at=PAST)

    assert bad(gpg.sign(PAYLOAD, old, at=PAST), openpgp=[gpg.public(old)]) == "the key has expired"


def test_an_expired_signature_is_refused(gpg: Gpg) -> None:
    key = gpg.key("long", at=PAST)
    brief = gpg.sign(PAYLOAD, key, at="20210101T000000", extra=("--default-sig-expire=1d",))

    assert bad(brief, openpgp=[gpg.public(key)]) == "the signature has expired"


def test_a_revoked_key_is_refused_and_named(gpg: Gpg) -> None:
    gone = gpg.key("gone")
    signature = gpg.sign(PAYLOAD, gone)
    gpg.revoke(gone)

    found = judged(signature, openpgp=[gpg.public(gone)])

    assert (found.verdict, found.detail) == (Verdict.BAD, "the key is revoked")
    assert (found.signer, found.key) == ("gone <gone@example.com>", gone)


def test_a_subkey_counts_as_its_key(gpg: Gpg) -> None:
    key = gpg.key("sub")
    gpg.run("--quick-add-key", key, "ed25519", "sign", "never")

    found = judged(gpg.sign(PAYLOAD, key), openpgp=[gpg.public(key)])

    assert (found.verdict, found.signer) == (Verdict.GOOD, "sub <sub@example.com>")
    assert found.key == key


def test_a_weak_digest_is_refused(gpg: Gpg) -> None:
    gpg.run("--quick-generate-key", "rsa <rsa@example.com>", "rsa2048", "sign", "never")
    signature = gpg.sign(PAYLOAD, "rsa@example.com", extra=("--digest-algo=SHA1",))

    assert bad(signature, openpgp=[gpg.public("rsa@example.com")]) == (
        "its digest is SHA-1, which can be forged"
    )


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("kill -9 $$", "it was ended by signal 9"),
        ("echo no space left >&2; exit 2", "no space left"),
        ("echo '[GNUPG:] IMPORT_OK 1 A'; echo no space left >&2", "no space left"),
    ],
)
def test_a_program_that_fails_is_no_verdict(tmp_path: Path, script: str, told: str) -> None:
    program = tmp_path / "gpg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)

    with pytest.raises(RepositoryUnreachable, match=f"r: gpg cannot judge a signature: {told}"):
        judged(openpgp.BEGIN, openpgp=["a key"], environment={"PATH": f"{tmp_path}:/bin:/usr/bin"})


def test_a_full_disk_is_no_verdict(ssh: SshKey, monkeypatch: pytest.MonkeyPatch) -> None:
    signature = ssh.sign(PAYLOAD)
    monkeypatch.setattr("tempfile.tempdir", "/nonexistent")

    with pytest.raises(RepositoryUnreachable, match="look at its temporary directory"):
        judged(signature, signers=f"bo {ssh.public}")


@pytest.mark.parametrize(
    "signature",
    [
        b"-----BEGIN SIGNED MESSAGE-----\nabc\n-----END SIGNED MESSAGE-----\n",
        b"-----BEGIN PGP SIGNATURE-----\n\nnonsense\n-----END PGP SIGNATURE-----\n",
        b"-----BEGIN SSH SIGNATURE-----\nnonsense\n-----END SSH SIGNATURE-----\n",
        b"nonsense",
    ],
)
def test_what_is_no_signature_is_bad(gpg: Gpg, ssh: SshKey, signature: bytes) -> None:
    assert bad(signature, openpgp=[gpg.public()], signers=f"bo@example.com {ssh.public}")


def test_a_message_that_is_signed_as_a_whole_is_no_signature(gpg: Gpg) -> None:
    key = gpg.key("whole")
    whole = gpg.run("--local-user", key, "--armor", "--sign", stdin=PAYLOAD)

    assert bad(whole.replace(b"PGP MESSAGE", b"PGP SIGNATURE"), openpgp=[gpg.public(key)])
