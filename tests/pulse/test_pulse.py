"""The health check of containers, as they call it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from syncline import pulse


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Health) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_file_touched_just_now_is_well(tmp_path: Path) -> None:
    pulse.beat(tmp_path / "pulse")
    pulse.beat(tmp_path / "pulse")

    assert pulse.wrong(str(tmp_path / "pulse")) == ""


def test_a_file_touched_long_ago_is_not_well_until_the_next_beat(tmp_path: Path) -> None:
    file = tmp_path / "pulse"
    file.touch()
    os.utime(file, (time.time() - 75, time.time() - 75))

    assert pulse.wrong(str(file)) == f"{file}: last touched 75 s ago, more than 60"
    pulse.beat(file)
    assert pulse.wrong(str(file)) == ""


def test_no_file_means_that_the_role_has_not_begun(tmp_path: Path) -> None:
    file = tmp_path / "pulse"

    fault = pulse.wrong(str(file))

    assert fault == f"{file}: No such file or directory: the role has not begun its work"


def test_where_nobody_asks_nothing_is_written(tmp_path: Path) -> None:
    pulse.beat(None)

    assert list(tmp_path.iterdir()) == []


def test_a_page_that_answers_is_well(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # workers often have one; not for this

    assert pulse.wrong(f"{url}/readyz") == ""


def test_a_page_that_answers_503_or_nobody_serves_is_not_well(url: str) -> None:
    assert pulse.wrong(f"{url}/other") == f"{url}/other: HTTP Error 503: Service Unavailable"
    assert "Connection refused" in pulse.wrong("http://127.0.0.1:1/readyz")


def test_the_command_ends_with_a_status_and_imports_the_standard_library_alone(
    tmp_path: Path,
) -> None:
    program = [sys.executable, "-X", "importtime", "-m", "syncline.pulse", str(tmp_path / "none")]

    done = subprocess.run(program, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr.endswith("the role has not begun its work\n")
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & {"pydantic", "celery", "redis", "typer", "httpx", "syncline.settings"}


@pytest.mark.parametrize("arguments", [[], ["one", "other"]])
def test_a_wrong_call_is_told_how(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert pulse.main(arguments) == 2
    assert capsys.readouterr().err == "usage: python -m syncline.pulse FILE|URL\n"
