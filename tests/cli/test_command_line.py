"""The command line without a server: usage, exit codes, and what needs no server."""

import json
import os
import subprocess
import sys

import pytest

PROGRAM = (sys.executable, "-c", "from syncline.cli.main import main; main()")


def syncline(
    *arguments: str, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SYNCLINE_")}
    return subprocess.run(
        [*PROGRAM, *arguments],
        input=stdin,
        env={**kept, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_a_token_the_next_step_is_named() -> None:
    ended = syncline("status")

    assert ended.returncode == 6
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: token: none was given: set SYNCLINE_TOKEN")


def test_an_unreachable_server_is_told_from_a_refusal() -> None:
    ended = syncline("--server", "http://127.0.0.1:9", "status", SYNCLINE_TOKEN="t")

    assert ended.returncode == 5
    assert ended.stderr == (
        "error: server http://127.0.0.1:9: [Errno 111] Connection refused: "
        "is the server running? Set --server or SYNCLINE_SERVER\n"
    )


def test_what_is_no_url_is_refused() -> None:
    ended = syncline("--server", "nonsense", "status", SYNCLINE_TOKEN="t")

    assert ended.returncode == 5
    assert ended.stderr.startswith("error: server nonsense: ")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("sync", "--all"), "Missing option '--reason'"),
        (("sync", "--reason", "why not"), "name applications, give a selector, or --all"),
        (("sync", "--all", "--timeout", "soon", "--reason", "why"), "'soon' is no duration"),
        (("get", "clusters", "--project", "a"), "clusters have no --project"),
        (("get", "clusters", "--watch"), "--watch follows the list of targets"),
        (("get", "unicorns"), "unicorns"),
        (("no-such-command",), "No such command"),
    ],
)
def test_a_wrong_command_line_ends_with_2(arguments: tuple[str, ...], complaint: str) -> None:
    ended = syncline(*arguments, SYNCLINE_TOKEN="t")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert complaint in ended.stderr


def test_a_token_file_that_is_missing_is_named() -> None:
    ended = syncline("--token-file", "/nonexistent/token", "status")

    assert ended.returncode == 2
    assert ended.stderr.startswith("error: /nonexistent/token: cannot be read")


def test_the_schema_needs_no_server() -> None:
    ended = syncline("schema", "application")

    schema = json.loads(ended.stdout)
    assert ended.returncode == 0
    assert schema["$id"].endswith("syncline.dev/v1alpha1/Application")
    assert schema["additionalProperties"] is False


def test_the_schema_of_all_kinds_accepts_each_kind() -> None:
    schema = json.loads(syncline("schema").stdout)

    assert [each["$ref"] for each in schema["oneOf"]] == [
        "#/$defs/Application",
        "#/$defs/Cluster",
        "#/$defs/Repository",
        "#/$defs/HealthRule",
        "#/$defs/SyncWindow",
        "#/$defs/CredentialTemplate",
    ]


def test_the_version_is_printed() -> None:
    ended = syncline("version")

    assert ended.stdout.startswith("syncline ")


def test_help_has_the_exit_codes() -> None:
    ended = syncline("--help")

    assert "124 the time given with --timeout is over" in " ".join(ended.stdout.split())
