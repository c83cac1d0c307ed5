"""What a repository may ask for in signatures."""

import pytest
from pydantic import ValidationError

from syncline.model.repository import RepositorySpec
from syncline.model.verification import Verification

KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----\n"
SIGNERS = (
    "# who may\n\nana@example.com,bo@example.com ssh-ed25519 AAAAC3Nz ana\n"
    '*@example.com namespaces="git",valid-before="20300101Z" sk-ssh-ed25519@openssh.com AAAA=\n'
    "bo@example.com cert-authority ecdsa-sha2-nistp256 AAAA\n"
)


def test_keys_of_both_kinds_and_references() -> None:
    found = Verification.model_validate(
        {"gpgKeys": [KEY], "allowedSigners": SIGNERS, "keyRefs": ["file:keys/ana.asc"]}
    )

    assert (found.mode, found.gpg_keys, found.allowed_signers) == ("commit", (KEY,), SIGNERS)


PEM = "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----\n"


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("helm", {"submodules": True}),
        ("helm", {"lfs": True}),
        ("helm", {"verify": {"gpgKeys": [KEY], "mode": "tag"}}),
        ("oci", {"verify": {"gpgKeys": [KEY], "allowedSigners": SIGNERS}}),
        ("helm", {"verify": {"cosignKeys": [PEM]}}),
        ("git", {"verify": {"cosignKeys": [PEM]}}),
    ],
)
def test_each_kind_has_signatures_of_its_own(kind: str, field: dict[str, object]) -> None:
    spec = {"url": "https://charts.example.com", "type": kind, **field}

    with pytest.raises(ValidationError, match=r"is for repositories of type \w+: leave it out"):
        RepositorySpec.model_validate(spec)


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("helm", {"gpgKeys": [KEY]}),
        ("oci", {"gpgKeys": [KEY], "cosignKeys": [PEM]}),
        ("oci", {"keyRefs": ["file:cosign.pub"]}),
    ],
)
def test_archives_are_signed_too(kind: str, asked: dict[str, object]) -> None:
    spec = {"url": "https://charts.example.com", "type": kind, "verify": asked}

    assert RepositorySpec.model_validate(spec).verify is not None


def test_where_submodules_may_be_is_an_address() -> None:
    with pytest.raises(ValidationError, match="transport helper"):
        RepositorySpec(url="https://git.example/shop", submodule_urls=("ext::sh",))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({}, "names no key"),
        ({"gpgKeys": ["ana"]}, "gpg --armor --export"),
        ({"gpgKeys": [KEY.replace("PUBLIC", "PRIVATE")]}, "holds a private key"),
        ({"allowedSigners": "-----BEGIN OPENSSH PRIVATE KEY-----\n"}, "holds a private key"),
        ({"allowedSigners": "ssh-ed25519 AAAAC3Nz\n"}, "line 1 is none of allowed_signers"),
        ({"allowedSigners": SIGNERS + "ana\n"}, "line 6 is none of allowed_signers"),
        ({"keyRefs": ["/etc/passwd"]}, "pattern"),
        ({"cosignKeys": ["cosign.pub"]}, "write what cosign.pub holds"),
        ({"gpgKeys": [KEY + "x" * 200_000]}, "use keyRefs"),
        ({"gpgKeys": [KEY], "mode": "all"}, "tagAndCommit"),
    ],
)
def test_what_names_no_keys_is_refused(written: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Verification.model_validate(written)
