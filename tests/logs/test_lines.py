"""What a log line looks like, and what never stands in one."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from syncline import logs


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configured = structlog.get_config()
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(capture=False)
    structlog.configure(**configured)
    structlog.contextvars.clear_contextvars()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def line(out: io.StringIO) -> dict[str, Any]:
    (text,) = out.getvalue().splitlines()
    fields: dict[str, Any] = json.loads(text)
    del fields["timestamp"]
    return fields


def test_a_line_is_json_with_an_event_its_fields_and_what_was_bound() -> None:
    out = io.StringIO()
    logs.configure(stream=out)

    structlog.contextvars.bind_contextvars(target="web@one")
    logs.get("syncline.test").info("run finished", seconds=1.5, waves=[1, 2])

    assert line(out) == {
        "event": "run finished",
        "level": "info",
        "logger": "syncline.test",
        "target": "web@one",
        "seconds": 1.5,
        "waves": [1, 2],
    }


def test_a_library_that_logs_by_the_standard_library_gets_the_same_form() -> None:
    out = io.StringIO()
    logs.configure(stream=out)

    logging.getLogger("kombu").warning("lost %s", "redis://:pw@127.0.0.1/0", extra={"token": "t1"})

    assert line(out) == {
        "event": "lost redis://127.0.0.1/0",
        "level": "warning",
        "logger": "kombu",
        "token": "***",
    }


def test_lines_below_the_level_are_left_out() -> None:
    out = io.StringIO()
    logs.configure(stream=out, level="warning")

    logs.get("syncline.test").info("not seen")
    logging.getLogger("kombu").info("not seen")

    assert out.getvalue() == ""


def test_a_terminal_gets_text_instead_of_json() -> None:
    out = Terminal()
    logs.configure(stream=out)

    logs.get("syncline.test").info("ready", password="hunter2")

    assert "ready" in out.getvalue()
    assert "hunter2" not in out.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(out.getvalue())


def test_values_under_secret_names_are_masked_at_any_depth() -> None:
    out = io.StringIO()
    logs.configure(stream=out)

    logs.get("syncline.test").info(
        "asked",
        admin_token="a",
        headers={"Authorization": "Bearer b", "accept": "json"},
        clusters=[{"name": "one", "kubeconfig": "c"}],
        platform_key=b"d",
        ticket="kept",
        render_key="kept",
    )

    assert {k: v for k, v in line(out).items() if k not in ("event", "level", "logger")} == {
        "admin_token": "***",
        "headers": {"Authorization": "***", "accept": "json"},
        "clusters": [{"name": "one", "kubeconfig": "***"}],
        "platform_key": "***",
        "ticket": "kept",
        "render_key": "kept",
    }


def test_a_traceback_loses_its_secrets_too() -> None:
    out = io.StringIO()
    logs.configure(stream=out)

    try:
        raise OSError("https://user:pw@git.example/x refused Bearer abcdefghij")  # noqa: TRY301
    except OSError:
        logs.get("syncline.test").exception("look-up failed")

    assert "Traceback" in line(out)["exception"]
    assert "OSError: https://git.example/x refused Bearer ***" in line(out)["exception"]


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("redis://:p@ss@host:6379/0", "redis://host:6379/0"),
        ("ssh://git@host/repo", "ssh://host/repo"),
        ("git@host:repo", "git@host:repo"),
        ("https://host/a?access_token=abc&x=1", "https://host/a?access_token=***&x=1"),
        ("'https://u:p@host/a' and 'https://v@host/b'", "'https://host/a' and 'https://host/b'"),
        ("https://host/?mail=a@b", "https://host/?mail=a@b"),
        ("a basic education", "a basic education"),
        ("Basic dXNlcjpwYXNz was refused", "Basic *** was refused"),
    ],
)
def test_text_is_cleaned(text: str, cleaned: str) -> None:
    assert logs.clean(text) == cleaned


@pytest.mark.parametrize("value", ["half \ud800", 2**70, float("nan")])
def test_a_value_that_json_hardly_takes_loses_no_line(value: object) -> None:
    out = io.StringIO()
    logs.configure(stream=out)

    logs.get("syncline.test").info("odd", value=value)

    assert line(out)["event"] == "odd"


@pytest.mark.parametrize("gap", [" ", "\r", "\f", "\xa0"])
def test_a_bearer_token_is_masked_whatever_space_is_before_it(gap: str) -> None:
    assert logs.clean(f"Bearer{gap}abcdefghijklmnop") == f"Bearer {logs.MASK}"


def test_a_logger_that_was_used_follows_a_second_set_up() -> None:
    log = logs.get("syncline.test")
    logs.configure(stream=io.StringIO())
    log.info("before")

    logs.configure(stream=io.StringIO())
    with capture_logs() as lines:
        log.info("after")

    assert [each["event"] for each in lines] == ["after"]
