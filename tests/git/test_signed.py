"""Signed commits and tags taken apart, as git itself does it, and stricter."""

import pytest

from syncline_workers.git import signed
from syncline_workers.git.signed import Ambiguous, Signed, Tag

OID = b"a" * 40
HEAD = b"tree " + OID + b"\nauthor A <a@x> 1 +0000\ncommitter A <a@x> 1 +0000\n"
PGP = b"-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n"
FOLDED = b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n"


def test_a_commit_without_a_signature_is_all_payload() -> None:
    content = HEAD + b"\nScale\n\nmore\n"

    assert signed.commit(content) == Signed(content, b"")


def test_a_signature_is_taken_out_of_the_head() -> None:
    content = HEAD + FOLDED + b"encoding latin1\n\nScale\n\n gpgsig no header\n"

    assert signed.commit(content) == Signed(
        HEAD + b"encoding latin1\n\nScale\n\n gpgsig no header\n", PGP
    )


def test_what_a_merged_tag_was_signed_with_is_payload() -> None:
    tag = b"object " + OID + b"\ntype commit\ntag v1\n\n" + PGP
    merged = b"mergetag " + tag.strip().replace(b"\n", b"\n ") + b"\n"

    found = signed.commit(HEAD + merged + FOLDED + b"\nMerge\n")

    assert found == Signed(HEAD + merged + b"\nMerge\n", PGP)


@pytest.mark.parametrize(
    "headers",
    [
        FOLDED + FOLDED,
        FOLDED + b"encoding utf-8\n" + FOLDED,
        FOLDED + FOLDED.replace(b"gpgsig", b"gpgsig-sha256"),
        FOLDED.replace(b"gpgsig", b"gpgsig-sha256"),
        FOLDED + b" -----BEGIN SSH SIGNATURE-----\n abc\n -----END SSH SIGNATURE-----\n",
    ],
)
def test_two_signatures_are_refused(headers: bytes) -> None:
    with pytest.raises(Ambiguous):
        signed.commit(HEAD + headers + b"\nScale\n")


def test_a_tag_ends_with_its_signature() -> None:
    head = b"object " + OID + b"\ntype commit\ntag v1.0\ntagger A <a@x> 1 +0000\n\nRelease\n"

    assert signed.tag(head + PGP) == Signed(head, PGP)
    assert signed.tag(head) == Signed(head, b"")
    assert signed.tagged(head) == Tag(OID.decode(), "commit", "v1.0")
    assert signed.tagged(b"nonsense") is None
    with pytest.raises(Ambiguous):
        signed.tag(head + PGP + PGP)
    with pytest.raises(Ambiguous):
        signed.tag(head.replace(b"\n\n", b"\n" + FOLDED + b"\n") + PGP)
