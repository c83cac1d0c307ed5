"""A secret can be the content of a file, so that no environment and no command line holds it."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from syncline.errors import CredentialRefused
from syncline.model.seal import PlatformKey
from syncline.settings import KeySettings, StoreSettings
from syncline.settings.address import Address


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("url", "user", "password"),
    [
        ("redis://redis:6379/0", "", "p@ss/"),
        ("rediss://syncline@redis:6379/0", "syncline", "p@ss/"),
        ("redis://:o%40n@redis:6379/0", "", "o@n"),
        ("unix:///run/redis.sock?db=0", "", "p@ss/"),
    ],
)
def test_a_url_without_a_password_gets_that_of_the_file(
    tmp_path: Path, url: str, user: str, password: str
) -> None:
    file = written(tmp_path / "password", "p@ss/\n")

    settings = StoreSettings(url=SecretStr(url), password_file=file)

    assert (settings.address().user, settings.address().password) == (user, password)
    assert settings.broker_address() == settings.address()


def test_the_url_itself_can_be_a_file(tmp_path: Path) -> None:
    file = written(tmp_path / "url", "redis://:secret@redis:6379/2\n")

    assert StoreSettings(url_file=file).address() == Address(
        nodes=(("redis", 6379),), password="secret", database=2
    )


def test_a_broker_apart_has_a_password_of_its_own(tmp_path: Path) -> None:
    settings = StoreSettings(
        password_file=written(tmp_path / "store", "one"),
        broker_url=SecretStr("sentinel://a:26379;sentinel://b:26379"),
        broker_master="main",
        broker_password_file=written(tmp_path / "broker", "two"),
        broker_sentinel_password_file=written(tmp_path / "sentinels", "three"),
    )

    assert settings.address() == Address(nodes=(("127.0.0.1", 6379),), password="one")
    assert settings.broker_address() == Address(
        nodes=(("a", 26379), ("b", 26379)),
        password="two",
        master="main",
        sentinel_password="three",
    )


@pytest.mark.parametrize(
    ("content", "fact"),
    [(None, "cannot be read: No such file"), (b"\n", "is empty"), (b"\xff", "it is not UTF-8")],
)
def test_a_file_without_a_secret_is_named_with_its_setting(
    tmp_path: Path, content: bytes | None, fact: str
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(CredentialRefused, match=fact) as caught:
        StoreSettings(password_file=file).address()

    assert caught.value.subject == "SYNCLINE_STORE_PASSWORD_FILE"
    assert str(file) in caught.value.detail


def test_the_platform_key_is_read_from_its_file_first(tmp_path: Path) -> None:
    one, other = PlatformKey.generate(), PlatformKey.generate()
    file = written(tmp_path / "key", f"{one}\n")

    assert KeySettings(key_file=file, key=SecretStr(other)).platform_key() == PlatformKey.parse(one)
    assert KeySettings(key=SecretStr(other)).platform_key() == PlatformKey.parse(other)


def test_a_role_without_a_platform_key_is_told_how_to_give_one() -> None:
    with pytest.raises(CredentialRefused, match="give SYNCLINE_KEY_FILE"):
        KeySettings().platform_key()
