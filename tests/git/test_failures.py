"""Git's words become errors that say the next step, and show no secret."""

import pytest

from syncline.errors import (
    CredentialRefused,
    NotFound,
    RepositoryUnreachable,
    RevisionNotFound,
    SynclineError,
)
from syncline_workers.git import failures


@pytest.mark.parametrize(
    ("said", "error", "step"),
    [
        ("fatal: Could not resolve host: git.example", RepositoryUnreachable, "no address of h:"),
        ("ssh: Could not resolve hostname h: x", RepositoryUnreachable, "no address of h: correct"),
        ("ssh: connect to host h port 22: Connection timed out", RepositoryUnreachable,
         "nobody answers at h"),
        ("fatal: write: No space left on device", RepositoryUnreachable, "SYNCLINE_GIT_CACHE"),
        (
            "error: insufficient permission for adding an object to repository database objects",
            RepositoryUnreachable,
            "check the owner of SYNCLINE_GIT_CACHE",
        ),
        (
            "fatal: unable to access 'https://h/': SSL certificate problem: self-signed",
            RepositoryUnreachable,
            "give its authorities in spec.tls.ca, or to all workers (GIT_SSL_CAINFO)",
        ),
        (
            "SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required",
            CredentialRefused,
            "wants a client certificate: set spec.tls.certificateRef",
        ),
        (
            "SSL: certificate subject name (a) does not match target host name 'h'",
            RepositoryUnreachable,
            "is for another name than h",
        ),
        ("fatal: unable to access 'x': The requested URL returned error: 301",
         RepositoryUnreachable, "write the final URL into spec.url"),
        ("remote: HTTP Basic: Access denied", CredentialRefused, "refused the credential env:X"),
        ("ERROR: Repository not found.\nfatal: Could not read", NotFound, "check spec.url"),
        ("remote: Repository not found.\nfatal: repository 'https://h/a/' not found", NotFound, ""),
        ("fatal: remote error: upload-pack: not our ref 11", RevisionNotFound, "forced push"),
        (
            "error: Server does not allow request for unadvertised object 11",
            RevisionNotFound,
            "does not give it out",
        ),
        (f"remote error: want {'1' * 40} not valid", RevisionNotFound, "does not give it out"),
        ("fatal: the remote end hung up unexpectedly", RepositoryUnreachable, "hung up"),
        ("", RepositoryUnreachable, "ended without a word"),
    ],
)  # fmt: skip
def test_what_git_says_becomes_an_error_with_a_next_step(
    said: str, error: type[SynclineError], step: str
) -> None:
    asked = failures.Asked(about="Repository/shop", host="h", credential="env:X")
    explained = failures.explain(asked, said)

    assert type(explained) is error
    assert explained.subject == "Repository/shop"
    assert step in explained.detail


def test_what_is_quoted_is_one_short_line_without_secrets() -> None:
    said = "@@@@\nfatal: https://me:pw@host/x\n\n  sent s3cret\n" + "y" * 1000

    quoted = failures.quoted(said, ("s3cret",))

    assert quoted.startswith("fatal: https://host/x; sent ***; yyy")
    assert len(quoted) == failures.LONGEST
    assert quoted.endswith("…")


@pytest.mark.parametrize(
    ("said", "damaged"),
    [
        ("error: packfile objects/pack/p.pack does not match index", True),
        ("error: object file objects/aa/bb is empty", True),
        ("fatal: not a git repository: '/c/x'", True),
        ("fatal: Unable to create '/c/x/packed-refs.lock': File exists.", True),
        ("fatal: bad object refs/heads/main", True),
        ("remote: fatal: bad object refs/heads/main\nfatal: the remote end hung up", False),
        ("fatal: '/srv/x' does not appear to be a git repository", False),
        ("fatal: write error: Broken pipe", False),
        ("fatal: unable to access 'http://h/': The requested URL returned error: 500", False),
    ],
)
def test_damage_here_is_told_from_damage_there(said: str, damaged: bool) -> None:
    assert failures.is_damaged(said) is damaged
