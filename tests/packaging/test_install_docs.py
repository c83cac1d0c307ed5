"""What docs/install.md tells people to type."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from syncline.settings import KeySettings
from tests.packaging import commands
from tools import pins

TEXT = (pins.ROOT / "docs" / "install.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_the_secrets_of_compose_are_made_as_it_expects_them(tmp_path: Path) -> None:
    compose = yaml.safe_load((pins.ROOT / "compose.yaml").read_text())
    wanted = {each["file"] for each in compose["secrets"].values()}

    subprocess.run(["sh", "-ceu", BLOCKS[0]], cwd=tmp_path, check=True)

    made = {f"./{path.relative_to(tmp_path)}" for path in tmp_path.rglob("*") if path.is_file()}
    assert made == wanted
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "secrets/credentials").is_dir()
    assert KeySettings(key_file=tmp_path / "secrets/platform-key").platform_key()
    assert re.fullmatch(r"[\w-]{32}\n", (tmp_path / "secrets/redis-password").read_text())


def test_the_secret_on_kubernetes_has_the_keys_that_the_chart_looks_for() -> None:
    values = yaml.safe_load((pins.ROOT / "charts/syncline/values.yaml").read_text())
    del values["secrets"]["metricsToken"]  # made later, by the program
    wanted = {name: each["key"] for name, each in values["secrets"].items()}
    del wanted["redisPassword"]  # instead of the URL

    assert set(re.findall(r"--from-literal=([\w-]+)=", BLOCKS[2])) == set(wanted.values())
    assert {each["name"] for each in values["secrets"].values()} == {"syncline"}


@pytest.mark.parametrize("said", sorted(set(re.findall(r"syncline (init[^`\n]*?)[`)]", TEXT))))
def test_each_first_step_exists(said: str) -> None:
    commands.parse(shlex.split(said.rstrip('")')))


def test_the_settings_that_it_names_exist() -> None:
    of_compose = {"SYNCLINE_PORT", "SYNCLINE_FLOWER_PORT"}
    of_the_cli = {"SYNCLINE_TOKEN", "SYNCLINE_SERVER"}

    named = set(re.findall(r"SYNCLINE_[A-Z_]+", TEXT))

    assert commands.unknown(named) <= of_compose | of_the_cli


def test_the_lowest_kubernetes_is_that_of_the_chart() -> None:
    chart = yaml.safe_load((pins.ROOT / "charts/syncline/Chart.yaml").read_text())
    lowest = re.search(r"Kubernetes (\d\.\d+) and Helm", TEXT)

    assert lowest
    assert chart["kubeVersion"] == f">={lowest[1]}.0-0"
