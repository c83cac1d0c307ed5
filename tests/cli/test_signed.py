"""Who signed, in one cell of a table."""

import pytest

from syncline.cli.listing import signed

ANA = {"verdict": "good", "signer": "Ana <ana@example.com>", "key": "SHA256:abc"}


@pytest.mark.parametrize(
    ("signatures", "shown"),
    [
        ([], ""),
        ([ANA], "Ana <ana@example.com>"),
        ([{**ANA, "signer": ""}], "SHA256:abc"),
        ([{**ANA, "verdict": "bad"}], "bad"),
        ([ANA, {**ANA, "verdict": "missing"}], "Ana <ana@example.com>, missing"),
        ([{**ANA, "signer": "Ana\nBo"}], "Ana Bo"),
    ],
)
def test_who_signed_is_one_plain_cell(signatures: list[dict[str, str]], shown: str) -> None:
    assert str(signed(signatures)) == shown
