"""How a Redis is written, for state and for messages alike."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from syncline.errors import CredentialRefused, InvalidDocument
from syncline.settings import StoreSettings
from syncline.settings.address import Address


def address(url: str, **more: object) -> Address:
    return StoreSettings(url=SecretStr(url), **more).address()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://redis", "redis://redis:6379/0"),
        ("rediss://me:pw@redis:6380/2", "rediss://redis:6380/2"),
        ("redis://[::1]:7/0", "redis://[::1]:7/0"),
        ("unix:///run/r.sock?db=3&password=pw", "unix:///run/r.sock"),
        ("sentinel://a;b:7/1", "sentinel://a:26379;b:7/1 (main)"),
        ("sentinels://:pw@a:1;sentinels://b:2/0", "sentinels://a:1;b:2/0 (main)"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    found = address(url, master="main")

    assert found.shown == shown
    assert "pw" not in repr(found)


def test_sentinels_share_user_password_and_database() -> None:
    assert address("sentinel://me:p%2Fw@a:1;b:2/3", master="main") == Address(
        nodes=(("a", 1), ("b", 2)), user="me", password="p/w", database=3, master="main"
    )


def test_certificates_are_those_of_the_settings_unless_the_url_names_others(
    tmp_path: Path,
) -> None:
    files = {"ca_file": tmp_path / "ca", "certificate_file": tmp_path / "own"}
    for file in files.values():
        file.write_text("PEM")

    assert address("redis://a", **files).tls is None
    assert address("rediss://a", **files).tls == {
        "ssl_ca_certs": str(tmp_path / "ca"),
        "ssl_certfile": str(tmp_path / "own"),
    }
    assert address("rediss://a?ssl_ca_certs=/other", ca_file=tmp_path / "ca").tls == {
        "ssl_ca_certs": "/other"
    }


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://:pw@a", "begins with none of redis://"),
        ("redis", "begins with none of redis://"),
        ("redis://:pw@", "names no host"),
        ("redis://:pw@a:port", "is no URL"),
        ("redis://:pw@a/first", "names the database 'first'"),
        ("redis://:pw@a?ssl_cert_reqs=none", "has the option 'ssl_cert_reqs'"),
        ("redis://:pw@a;redis://b", "lists several servers"),
        ("sentinel://:pw@a;b", "name the primary they watch in SYNCLINE_STORE_MASTER"),
    ],
)
def test_what_names_no_redis_is_told_without_its_password(url: str, fault: str) -> None:
    with pytest.raises(InvalidDocument, match=fault) as caught:
        address(url)

    assert caught.value.subject == "SYNCLINE_STORE_URL"
    assert "pw" not in str(caught.value)


def test_a_certificate_that_cannot_be_read_is_named_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(CredentialRefused, match="cannot be read") as caught:
        address("rediss://a", ca_file=tmp_path / "ca")

    assert caught.value.subject == "SYNCLINE_STORE_CA_FILE"
