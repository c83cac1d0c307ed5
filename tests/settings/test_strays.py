"""Which variables a role warns of at its start."""

import re
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from syncline.settings import strays

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"\bSYNCLINE_[A-Z0-9_]*[A-Z0-9]\b(?!_)")
WHERE = ("platform", "workers", "charts", "docs", "examples", "compose.yaml", "Dockerfile")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("SYNCLINE_STORE_ULR", "did you mean SYNCLINE_STORE_URL?"),
        ("SYNCLINE_GIT_ALLOW_HTPP", "did you mean SYNCLINE_GIT_ALLOW_HTTP?"),
        ("SYNCLINE_RUNS_LEASE", "did you mean SYNCLINE_RUN_LEASE?"),
        ("SYNCLINE_TOKN", "did you mean SYNCLINE_TOKEN?"),
        ("syncline_key_fil", "did you mean SYNCLINE_KEY_FILE?"),
        ("SYNCLINE_NONSENSE", "docs/reference/settings.md names all"),
    ],
)
def test_a_stray_variable_is_named_with_the_nearest_valid_one(name: str, hint: str) -> None:
    assert strays.find({name: "secret", "PATH": "/bin", "OTHER_STORE_ULR": ""}) == {name: hint}


@pytest.mark.parametrize(
    "name",
    [
        "SYNCLINE_STORE_URL",
        "syncline_store_url",
        "SYNCLINE_CRED_GIT",
        "SYNCLINE_TEST_CORPUS",
        "SYNCLINE_SERVER",
        "SYNCLINE_SERVER_SERVICE_HOST",
        "SYNCLINE_SERVER_SERVICE_PORT_HTTP",
        "SYNCLINE_WEB_PORT_8080_TCP_ADDR",
        "SYNCLINE_WEB_PORT",
    ],
)
def test_a_variable_that_somebody_reads_is_no_stray(name: str) -> None:
    assert strays.find({name: "tcp://10.0.0.1:8080"}) == {}


def test_a_role_warns_once_of_each_and_tells_no_value() -> None:
    with capture_logs() as lines:
        strays.warn({"SYNCLINE_STORE_ULR": "redis://:secret@r", "SYNCLINE_KEY": "k"})

    assert lines == [
        {
            "event": "variable is ignored",
            "log_level": "warning",
            "variable": "SYNCLINE_STORE_ULR",
            "hint": "did you mean SYNCLINE_STORE_URL?",
        }
    ]


def test_every_variable_that_the_project_names_is_known() -> None:
    files = [
        path
        for name in WHERE
        for path in [ROOT / name, *(ROOT / name).rglob("*")]
        if path.suffix in {".py", ".md", ".yaml", ".tpl", ".json", ".txt", ""} and path.is_file()
    ]
    named = {name for path in files for name in NAMED.findall(path.read_text(errors="ignore"))}

    assert "SYNCLINE_STORE_URL" in named
    assert strays.find(dict.fromkeys(named, "")) == {}
