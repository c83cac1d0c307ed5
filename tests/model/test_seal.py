import pytest

from syncline.errors import CredentialRefused
from syncline.model.seal import PlatformKey

KEY = PlatformKey.parse(PlatformKey.generate())


def test_what_is_sealed_opens_with_the_same_key_and_purpose() -> None:
    sealed = KEY.seal(b"kubeconfig", purpose="cluster a1")

    assert KEY.open(sealed, purpose="cluster a1") == b"kubeconfig"
    assert b"kubeconfig" not in sealed


def test_sealing_twice_gives_different_bytes() -> None:
    assert KEY.seal(b"x", purpose="p") != KEY.seal(b"x", purpose="p")


@pytest.mark.parametrize("case", ["key", "purpose", "altered", "cut", "empty"])
def test_anything_else_does_not_open_it(case: str) -> None:
    sealed = KEY.seal(b"kubeconfig", purpose="cluster a1")
    key = PlatformKey.parse(PlatformKey.generate()) if case == "key" else KEY
    purpose = "cluster b2" if case == "purpose" else "cluster a1"
    given = {
        "altered": sealed[:-1] + bytes([sealed[-1] ^ 1]),
        "cut": sealed[:20],
        "empty": b"",
    }.get(case, sealed)

    with pytest.raises(CredentialRefused, match=f"{purpose}: cannot be opened"):
        key.open(given, purpose=purpose)


@pytest.mark.parametrize("text", ["", "short", "!" * 44, "QUJD"])
def test_what_is_no_key_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(CredentialRefused, match=r"^platform key: is not base64 of 32 bytes"):
        PlatformKey.parse(text)


def test_a_key_never_shows_itself() -> None:
    assert repr(KEY) == "PlatformKey()"


def test_a_digest_depends_on_key_and_data() -> None:
    other = PlatformKey.parse(PlatformKey.generate())

    assert KEY.digest(b"x") == KEY.digest(b"x")
    assert len({KEY.digest(b"x"), KEY.digest(b"y"), other.digest(b"x")}) == 3
