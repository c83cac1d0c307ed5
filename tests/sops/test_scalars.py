"""What an unencrypted scalar adds to the MAC: SOPS hashes the value that go-yaml v3 reads."""

from base64 import b64encode

import pytest

from syncline_workers.sops import sealed
from syncline_workers.sops.scalars import in_mac

PLAIN = {
    "": "", "~": "", "null": "", "true": "True", "FALSE": "False", "yes": "yes", "off": "off",
    "0": "0", "7": "7", "-7": "-7", "+7": "7", "1_000": "1000", "0644": "420", "0o17": "15",
    "0x1F": "31", "0b101": "5", "08": "8", "1e3": "1000", "1.0": "1", "1.50": "1.5", ".5": "0.5",
    "1.5e-7": "0.00000015", "1e21": "1000000000000000000000", "12e": "12e", "1:30": "1:30",
    "9223372036854775808": "9223372036854775808", ".inf": "+Inf", "-.inf": "-Inf", ".nan": "NaN",
    "2024-05-06": "2024-05-06T00:00:00Z", "2024-5-6 7:08:9.50": "2024-05-06T07:08:09.5Z",
    "2024-05-06T07:08:09.120+02:00": "2024-05-06T07:08:09.12+02:00",
    "2024-05-06T07:08:09+00:00": "2024-05-06T07:08:09Z", "2024-05": "2024-05", "-": "-",
}  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_scalar_is_hashed_as_its_value(text: str) -> None:
    assert in_mac(text, is_plain=True, tag=None) == PLAIN[text].encode()


@pytest.mark.parametrize("text", ["1.0", "0644", "null", "2024-05-06"])
def test_a_quoted_one_is_hashed_as_it_is(text: str) -> None:
    assert in_mac(text, is_plain=False, tag=None) == text.encode()
    assert in_mac(text, is_plain=False, tag="tag:yaml.org,2002:str") == text.encode()


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_a_value_within_base64_is_found(before: str) -> None:
    text = f"{before}ENC[AES256_GCM,data:abc,iv:abc,tag:abc,type:str]"

    assert sealed.is_hidden_in(b"data: " + b64encode(text.encode()))
    assert sealed.is_hidden_in(text.encode())
    assert not sealed.is_hidden_in(b64encode(b"ENC[AES, another thing altogether]"))
