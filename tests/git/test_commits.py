"""Who made a commit, and the first line of what they said of it."""

import pytest

from syncline.errors import RevisionNotFound
from syncline.model.commit import Commit
from syncline_workers.git import commits
from syncline_workers.git.repositories import GitRepositories
from tests.git.desk import Desk
from tests.harness.signers import forged, payload

OID = "a" * 40
HEAD = (
    b"tree " + b"b" * 40 + b"\nauthor Ana <ana@example.com> 1700000000 +0100\n"
    b"committer Git Host <noreply@example.com> 1700000100 +0000\n"
)


def read(message: bytes, *, head: bytes = HEAD) -> Commit:
    return commits.parse(OID, head + b"\n" + message)


def test_author_first_line_and_time_of_the_commit() -> None:
    assert read(b"Scale the shop\n\nIt was slow.\n") == Commit(
        id=OID, author="Ana <ana@example.com>", message="Scale the shop", at=1700000100.0
    )


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (b"", ""),
        (b"\n\n  begins late", "begins late"),
        (b"bell \x07 and \x1b[31mred", "bell   and  [31mred"),
        ("f\u00fcr".encode(), "f\u00fcr"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"x" * 500, "x" * 159 + "\u2026"),
    ],
)
def test_a_message_is_one_line_that_a_terminal_may_show(message: bytes, told: str) -> None:
    assert read(message).message == told


def test_a_commit_may_have_another_encoding() -> None:
    named = HEAD + b"encoding ISO-8859-1\n"

    assert read(b"f\xfcr", head=named).message == "f\u00fcr"
    assert read(b"f\xc3\xbcr", head=HEAD + b"encoding klingon\n").message == "f\u00fcr"


def test_a_signature_in_the_head_is_no_message() -> None:
    signed = HEAD + b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n"

    assert read(b"Scale", head=signed).message == "Scale"


def test_what_is_no_commit_tells_nothing() -> None:
    assert commits.parse(OID, b"nonsense") == Commit(id=OID)


def test_a_commit_that_was_opened_is_told_and_no_other_fetched(
    desk: Desk, repositories: GitRepositories
) -> None:
    made = desk.work.commit("Scale the shop\n\nIt was slow.", {"a": "1"})
    desk.work.push()
    assert repositories.commit(desk.served, made) is None

    with repositories.tree(desk.served, made):
        pass
    found = repositories.commit(desk.served, made)

    assert found is not None
    assert (found.id, found.author) == (made, "Syncline <syncline@example.com>")
    assert found.message == "Scale the shop"
    assert found.at == float(desk.work.git("log", "-1", "--format=%ct"))
    assert repositories.commit(desk.served, "d" * 40) is None
    assert repositories.commit(desk.served, "main") is None


def test_a_commit_that_is_too_large_is_refused_each_time(
    desk: Desk, repositories: GitRepositories
) -> None:
    desk.work.commit("one", {"a": "1"})
    commit = forged(desk.work, payload(desk.work) + b"x" * 1_000_001)
    desk.work.push()

    for _ in range(2):
        with pytest.raises(RevisionNotFound, match="the commit has 10"):  # noqa: SIM117
            with repositories.tree(desk.served, commit):
                pass
