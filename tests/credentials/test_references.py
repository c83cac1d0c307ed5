"""A reference reaches what the administrator set apart, and nothing else."""

import os
from pathlib import Path

import pytest

from syncline.credentials import MAX_BYTES, CredentialSource
from syncline.errors import CredentialRefused


def source(directory: Path | None = None, **environment: str) -> CredentialSource:
    return CredentialSource(directory=directory, environment=environment)


def refusal(source: CredentialSource, ref: str) -> str:
    with pytest.raises(CredentialRefused) as caught:
        source.read(ref, subject="Repository/shop")
    return str(caught.value)


def test_a_variable_is_read_from_the_environment() -> None:
    value = source(SYNCLINE_CRED_GIT="s3cret").read("env:SYNCLINE_CRED_GIT", subject="x")

    assert value.get_secret_value() == "s3cret"


def test_a_file_is_read_from_the_directory_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "git").mkdir()
    (tmp_path / "git/token").write_text("s3cret\n")

    value = source(tmp_path).read("file:git/token", subject="x")

    assert value.get_secret_value() == "s3cret\n"


def test_a_rotated_file_is_read_afresh(tmp_path: Path) -> None:
    found = source(tmp_path)
    (tmp_path / "token").write_text("old")
    found.read("file:token", subject="x")

    (tmp_path / "token").write_text("new")

    assert found.read("file:token", subject="x").get_secret_value() == "new"


def test_links_inside_the_directory_are_followed_as_kubernetes_mounts_them(tmp_path: Path) -> None:
    (tmp_path / "..2026_11_23").mkdir()
    (tmp_path / "..2026_11_23/token").write_text("s3cret")
    (tmp_path / "..data").symlink_to("..2026_11_23")
    (tmp_path / "token").symlink_to("..data/token")

    assert source(tmp_path).read("file:token", subject="x").get_secret_value() == "s3cret"


def test_a_link_that_leaves_the_directory_is_refused(tmp_path: Path) -> None:
    inside = tmp_path / "credentials"
    inside.mkdir()
    (tmp_path / "other").write_text("not for you")
    (inside / "token").symlink_to("../other")

    assert refusal(source(inside), "file:token") == (
        "Repository/shop: file:token leads outside the credentials directory"
    )


def test_a_directory_that_only_begins_alike_is_outside(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab/token").write_text("not for you")
    (tmp_path / "a/token").symlink_to("../ab/token")

    assert "leads outside" in refusal(source(tmp_path / "a"), "file:token")


@pytest.mark.parametrize(
    "ref",
    ["", "token", "env:PATH", "env:SYNCLINE_KEY", "file:", "file:/etc/passwd", "file:a//b", "env:"],
)
def test_what_is_no_reference_is_refused(ref: str, tmp_path: Path) -> None:
    assert refusal(source(tmp_path, PATH="/bin", SYNCLINE_KEY="k"), ref) == (
        f"Repository/shop: {ref!r} is no reference: write env:SYNCLINE_CRED_NAME or file:NAME"
    )


@pytest.mark.parametrize("ref", ["file:../secret", "file:a/../../secret", "file:.."])
def test_dots_lead_nowhere(ref: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("not for you")
    (tmp_path / "d/a").mkdir(parents=True)

    assert "leads outside the credentials directory" in refusal(source(tmp_path / "d"), ref)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    assert refusal(source(), "env:SYNCLINE_CRED_GIT") == (
        "Repository/shop: env:SYNCLINE_CRED_GIT is not set: give SYNCLINE_CRED_GIT to the workers"
    )
    assert refusal(source(), "file:token") == (
        "Repository/shop: file:token needs a credentials directory: set SYNCLINE_CREDENTIALS"
    )
    assert refusal(source(tmp_path), "file:token") == (
        "Repository/shop: file:token cannot be read: No such file or directory"
    )


def test_what_cannot_be_a_credential_is_refused(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * (MAX_BYTES + 1))
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "pipe")

    reasons = {
        name: refusal(source(tmp_path), f"file:{name}").partition(f"file:{name} ")[2]
        for name in ("large", "empty", "binary", "directory", "pipe")
    }

    assert reasons == {
        "large": f"is larger than {MAX_BYTES} bytes",
        "empty": "is empty",
        "binary": "is not UTF-8 text",
        "directory": "is no regular file",
        "pipe": "is no regular file",
    }


def test_neither_the_source_nor_the_value_shows_a_secret() -> None:
    found = source(SYNCLINE_CRED_GIT="s3cret")

    assert "s3cret" not in repr(found) + repr(found.read("env:SYNCLINE_CRED_GIT", subject="x"))
