"""Which keys open a file, and what is said where none does."""

from pathlib import Path

import pytest

from syncline.errors import CredentialRefused, DecryptionFailed, KeyServiceUnreachable
from tests.harness.tls import Authority
from tests.harness.transit import Transit
from tests.sops.conftest import SHOP, Having
from tests.sops.make import KEYS, PASSPHRASE, SEALED, TOKEN

OTHER = {"type": "age", "ref": "file:other.age"}
PGP = {"type": "pgp", "ref": "file:shop.pgp"}


def sealed(name: str) -> bytes:
    return (SEALED / name).read_bytes()


def recipient(name: str) -> str:
    return (KEYS / f"{name}.age").read_text().partition("public key: ")[2].splitlines()[0]


def vault(transit: Transit, authority: Authority) -> dict[str, str]:
    ca = authority.file.read_text()
    return {"type": "vault", "ref": "env:SYNCLINE_CRED_VAULT", "address": transit.url, "ca": ca}


def for_server(transit: Transit) -> bytes:
    return sealed("vault.yaml").replace(b"https://vault.example:8200", transit.url.encode())


def test_the_first_key_that_fits_opens_it(having: Having) -> None:
    found = having(PGP, OTHER, SHOP).opened("secret.yaml", sealed("secret.yaml"))

    assert found is not None
    assert b"correct horse battery" in found.content


def test_a_pgp_key_opens_what_is_for_it(having: Having) -> None:
    found = having(PGP).opened("pgp.yaml", sealed("pgp.yaml"))

    assert found is not None
    assert b"correct horse battery" in found.content


def test_a_pgp_key_may_have_a_passphrase(having: Having) -> None:
    locked = {"type": "pgp", "ref": "file:locked.pgp"}
    told = {**locked, "passphraseRef": "file:words"}

    found = having(told, words=f"{PASSPHRASE}\n").opened("locked.yaml", sealed("locked.yaml"))

    assert found is not None
    assert b"correct horse battery" in found.content
    for declared in (locked, told):
        with pytest.raises(CredentialRefused, match=r"locked\.pgp holds no PGP key that"):
            having(declared, words="other").opened("locked.yaml", sealed("locked.yaml"))


def test_an_ssh_key_is_a_key_of_age(having: Having) -> None:
    opener = having({"type": "age", "ref": "file:shop.ssh"})

    found = opener.opened("ssh.yaml", sealed("ssh.yaml"))

    assert found is not None
    assert b"correct horse battery" in found.content
    with pytest.raises(DecryptionFailed, match="and Repository/shop has an SSH key: add"):
        opener.opened("secret.yaml", sealed("secret.yaml"))


def test_a_missing_key_is_named_and_so_are_those_that_are_there(having: Having) -> None:
    with pytest.raises(DecryptionFailed) as caught:
        having().opened("for-another.yaml", sealed("for-another.yaml"))

    assert str(caught.value) == (
        f"for-another.yaml: is encrypted for the age key {recipient('other')}, and "
        f"Repository/shop has {recipient('shop')}: add the key to its spec.decryption.keys, or "
        "encrypt the file for one of these"
    )


def test_a_missing_pgp_key_is_named_by_its_fingerprint(having: Having) -> None:
    with pytest.raises(DecryptionFailed, match=r"is encrypted for the PGP key [0-9A-F]{40}, and"):
        having().opened("pgp.yaml", sealed("pgp.yaml"))


@pytest.mark.parametrize("kind", ["age", "pgp"])
def test_what_is_no_key_is_refused_and_not_shown(having: Having, kind: str) -> None:
    opener = having({"type": kind, "ref": "file:none"}, none="hunter2-hunter2")

    with pytest.raises(CredentialRefused, match="Repository/shop: file:none holds") as caught:
        opener.opened("secret.yaml", sealed("secret.yaml"))

    assert "hunter2" not in str(caught.value)


def test_a_missing_file_of_keys_is_told(having: Having) -> None:
    with pytest.raises(CredentialRefused, match="file:gone cannot be read"):
        having({"type": "age", "ref": "file:gone"}).opened("secret.yaml", sealed("secret.yaml"))


def test_vault_opens_what_was_encrypted_there(
    having: Having, transit: Transit, authority: Authority
) -> None:
    found = having(vault(transit, authority)).opened("vault.yaml", for_server(transit))

    assert found is not None
    assert b"correct horse battery" in found.content
    assert transit.asked == [("/v1/transit/decrypt/shop", TOKEN)]


def test_a_token_is_sent_to_no_server_that_a_file_names(
    having: Having, transit: Transit, authority: Authority
) -> None:
    declared = {**vault(transit, authority), "address": "https://vault.example:8200"}

    with pytest.raises(DecryptionFailed, match=f"the Vault key {transit.url}/v1/transit/keys/shop"):
        having(declared).opened("vault.yaml", for_server(transit))

    assert transit.asked == []


@pytest.mark.parametrize("engine", ["../sys", "transit/../../auth", "a?b", "a%2fb", ""])
def test_a_file_chooses_no_other_question_to_vault(
    having: Having, transit: Transit, authority: Authority, engine: str
) -> None:
    text = for_server(transit).replace(b"engine_path: transit", f"engine_path: '{engine}'".encode())

    with pytest.raises(DecryptionFailed, match="is no key of Vault"):
        having(vault(transit, authority)).opened("vault.yaml", text)

    assert transit.asked == []


def test_a_token_that_may_not_is_told(
    having: Having, transit: Transit, authority: Authority
) -> None:
    transit.tokens = {TOKEN: {"transit/other"}}

    with pytest.raises(DecryptionFailed, match=r"transit/keys/shop \(403\)") as caught:
        having(vault(transit, authority)).opened("vault.yaml", for_server(transit))

    assert TOKEN not in str(caught.value)


def test_a_sealed_vault_is_asked_again(
    having: Having, transit: Transit, authority: Authority
) -> None:
    transit.down = True

    with pytest.raises(KeyServiceUnreachable, match="answers 503"):
        having(vault(transit, authority)).opened("vault.yaml", for_server(transit))


def test_a_vault_that_shows_another_certificate_gets_no_token(
    having: Having, transit: Transit, tmp_path: Path
) -> None:
    declared = vault(transit, Authority(tmp_path, "stranger"))

    with pytest.raises(DecryptionFailed, match="its TLS is not to be trusted"):
        having(declared).opened("vault.yaml", for_server(transit))

    assert transit.asked == []
