"""The Dockerfile, as far as it can be told without building it."""

import os
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch

import pytest

from tools import pins

DOCKERFILE = (pins.ROOT / "Dockerfile").read_text()
ROLES = ("server", "scheduler", "worker", "flower", "init")


def argument(name: str) -> str:
    (value,) = re.findall(rf"^ARG {name}=(\S+)$", DOCKERFILE, re.MULTILINE)
    return str(value)


@pytest.mark.parametrize("program", ["helm", "kustomize", "jsonnet"])
def test_the_renderers_are_the_pinned_ones(program: str) -> None:
    assert argument(f"{program.upper()}_VERSION") == pins.renderer(program)


def test_the_installer_is_the_one_of_the_makefile() -> None:
    pinned = re.search(r"^UV_VERSION := (\S+)$", (pins.ROOT / "Makefile").read_text(), re.MULTILINE)

    assert pinned
    assert argument("UV_VERSION") == pinned[1]


def test_its_python_is_one_that_the_project_allows() -> None:
    project = tomllib.loads((pins.ROOT / "pyproject.toml").read_text())["project"]
    lowest = project["requires-python"].removeprefix(">=")

    assert [int(n) for n in argument("PYTHON").split(".")] >= [int(n) for n in lowest.split(".")]


def test_everything_copied_exists_and_is_sent_to_the_builder() -> None:
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    copied = [source.removeprefix("./") for line in copies for source in line.split()]
    sent = [
        line.removeprefix("!")
        for line in (pins.ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]

    assert [name for name in copied if not (pins.ROOT / name).exists()] == []
    assert {name.partition("/")[0] for name in copied} == set(sent)


@pytest.mark.parametrize("engine", ["syncline-helm", "syncline-kustomize"])
def test_the_engines_are_built_and_in_the_image(engine: str) -> None:
    source = f"/engines/{engine.removeprefix('syncline-')}"

    assert f"go build -C {source} -o /go/bin/{engine} " in DOCKERFILE
    assert f"/go/bin/{engine}" in DOCKERFILE.partition("COPY --from=renderers")[2]
    assert (pins.ROOT / "workers" / source[1:] / "main.go").is_file()


def test_nothing_secret_is_sent_to_the_builder() -> None:
    lines = (pins.ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]

    assert rules[0] == "*"
    assert not [rule for rule in rules[1:] if fnmatch("secrets/platform-key", rule.strip("!"))]


def test_it_ends_as_a_user_without_rights() -> None:
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)

    assert users == ["10001:10001"]


@pytest.mark.parametrize("role", ROLES)
def test_no_role_needs_what_the_image_leaves_out(role: str) -> None:
    project = tomllib.loads((pins.ROOT / "pyproject.toml").read_text())
    left_out = [*project["project"]["optional-dependencies"]["embedded"]]
    left_out += project["dependency-groups"]["dev"]
    names = [re.split(r"[\[>=<]", each)[0].replace("-", "_") for each in left_out]
    program = f"""
import sys
sys.modules.update(dict.fromkeys({names!r}))  # import of any of them fails
from syncline.main import main
sys.argv = ["syncline", "{role}", "--help"]
main()
"""

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=os.environ, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
