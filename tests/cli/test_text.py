"""Text from elsewhere cannot steer the terminal, nor be taken for markup."""

import json

import pytest

from syncline.cli import output
from syncline.cli.text import clean, one_line


def test_control_sequences_are_shown_as_escapes() -> None:
    assert clean("\x1b[31mred\x07\u009b2J") == "\\u001b[31mred\\u0007\\u009b2J"
    assert clean("a\u202eb\u2066c") == "a\\u202eb\\u2066c"


def test_line_breaks_and_tabs_are_kept() -> None:
    assert clean("a\n\tb") == "a\n\tb"


def test_a_message_is_folded_into_one_line() -> None:
    assert one_line("first\n  second\tthird\n") == "first second third"


def test_json_means_the_same_after_cleaning(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"items": [{"message": "\x1b[2J\u009bpwned ümlaut", "n": 1}]}

    output.document(value, output.Format.JSON)

    printed = capsys.readouterr().out
    assert json.loads(printed) == value
    assert "\x1b" not in printed
    assert "\u009b" not in printed


def test_brackets_are_not_taken_for_markup(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("name", "message"), [("web", "[red]array[0][/red] :bomb: [/]")])

    lines = capsys.readouterr().out.splitlines()
    assert lines == ["NAME   MESSAGE", "web    [red]array[0][/red] :bomb: [/]"]


def test_a_pipe_gets_long_lines_whole(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("message",), [("x" * 500,)])

    assert capsys.readouterr().out.splitlines()[1] == "x" * 500


def test_errors_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    output.error("cluster [eu]", "did \x1b not answer")

    printed = capsys.readouterr()
    assert printed.err == "error: cluster [eu]: did \\u001b not answer\n"
    assert printed.out == ""
