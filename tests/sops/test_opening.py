"""Files of the official sops are read as what they were before it encrypted them."""

import json

import pytest

from syncline.errors import DecryptionFailed
from syncline.model import yaml
from tests.sops.conftest import Having
from tests.sops.make import PLAIN, SEALED


def plain(name: str) -> bytes:
    return (PLAIN / name).read_bytes()


def sealed(name: str) -> bytes:
    return (SEALED / name).read_bytes()


def opened(having: Having, name: str, content: bytes | None = None) -> bytes:
    found = having().opened(name, content or sealed(name))
    assert found is not None
    return found.content


@pytest.mark.parametrize("name", ["secret.yaml", "values.yaml"])
def test_yaml_is_what_it_was(having: Having, name: str) -> None:
    (found,), (before,) = (
        yaml.load_all(text, source=name) for text in (opened(having, name), plain(name))
    )

    for value in (found, before):
        value.pop("when", None), value.pop("day", None)  # sops writes times out
        value.get("metadata", {}).get("labels", {}).pop("dated", None)
    assert found == before


def test_every_document_and_what_is_not_encrypted_is_kept(having: Having) -> None:
    first, second = yaml.load_all(opened(having, "mixed.yaml"), source="x")

    assert (first["data"], second["data"]) == ({"token": "abcdefghij"}, {"token": "klmnopqrst"})
    assert (first["metadata"]["name"], first["plain"][:4]) == ("one", [1, 1, 1000, 0.5])
    assert "sops" not in first.keys() | second.keys()


def test_a_mac_over_encrypted_values_alone_is_checked_as_such(having: Having) -> None:
    text = sealed("only-encrypted.yaml").replace(b"name: two", b"name: three")

    assert b"name: three" in opened(having, "only-encrypted.yaml", text)


def test_json_is_what_it_was(having: Having) -> None:
    assert json.loads(opened(having, "settings.json")) == json.loads(plain("settings.json"))


@pytest.mark.parametrize("name", ["shop.env", "whole.conf"])
def test_other_files_are_what_they_were_to_the_byte(having: Having, name: str) -> None:
    assert opened(having, name) == plain(name)


def test_every_decrypted_value_is_told(having: Having) -> None:
    found = having().opened("mixed.yaml", sealed("mixed.yaml"))

    assert found is not None
    assert found.texts == {"abcdefghij", "klmnopqrst"}


@pytest.mark.parametrize("name", ["secret.yaml", "mixed.yaml", "settings.json", "shop.env"])
def test_what_was_not_encrypted_is_left_alone(having: Having, name: str) -> None:
    assert having().opened(name, plain(name)) is None


def test_a_document_that_only_speaks_of_it_is_none(having: Having) -> None:
    text = b"a: ENC[AES256_GCM,data:abc,iv:abc,tag:abc,type:str]\nsops: {mac: none}\n"

    assert having().opened("a.yaml", text) is None


EDITS = {
    "a value that is not encrypted": (b"name: two", b"name: three"),
    "a value that is taken away": (b"    generation: 16\n", b""),
    "a value that is added": (b"    name: two", b"    name: two\n    uid: x"),
    "a value in another place": (b"token: ENC", b"other: ENC"),
    "the time": (b'lastmodified: "20', b'lastmodified: "19'),
    "the way of the MAC": (b"    version:", b"    mac_only_encrypted: true\n    version:"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_what_was_changed_by_other_hands_is_refused(
    having: Having, edit: tuple[bytes, bytes]
) -> None:
    text = sealed("mixed.yaml").replace(*edit)

    with pytest.raises(DecryptionFailed) as caught:
        having().opened("mixed.yaml", text)

    assert text != sealed("mixed.yaml")
    assert str(caught.value).startswith("mixed.yaml: cannot be decrypted: ")
    assert "abcdefghij" not in str(caught.value)


def test_an_altered_value_is_named(having: Having) -> None:
    found = sealed("secret.yaml")
    at = found.index(b"password: ENC[AES256_GCM,data:") + 30
    text = found[:at] + (b"B" if found[at : at + 1] == b"A" else b"A") + found[at + 1 :]

    with pytest.raises(DecryptionFailed, match=r"stringData\.password was changed or moved"):
        having().opened("secret.yaml", text)


def test_an_alias_is_refused(having: Having) -> None:
    text = sealed("mixed.yaml").replace(b"name: two", b"name: &a two\n    other: *a")

    with pytest.raises(DecryptionFailed, match="has an alias"):
        having().opened("mixed.yaml", text)


def test_several_groups_of_keys_are_named_as_what_is_not_read(having: Having) -> None:
    text = sealed("secret.yaml").replace(b"sops:\n", b"sops:\n    key_groups: [{}, {}]\n")

    with pytest.raises(DecryptionFailed, match="several groups of keys"):
        having().opened("secret.yaml", text)


@pytest.mark.parametrize("more", [b"---\na: [\n", b"---\na: {b: c\n", b"--- !!map [\n"])
def test_what_is_broken_after_its_first_document_is_told_and_not_shown(
    having: Having, more: bytes
) -> None:
    with pytest.raises(DecryptionFailed, match="it is broken, or nested too deep") as caught:
        having().opened("mixed.yaml", sealed("mixed.yaml") + more)

    assert caught.value.__cause__ is None


def test_deep_nesting_is_told(having: Having) -> None:
    deep = b'{"deep": ' + b"[" * 900 + b"]" * 900 + b", "
    text = sealed("settings.json").replace(b"{", deep, 1)

    with pytest.raises(DecryptionFailed):
        having().opened("settings.json", text)
