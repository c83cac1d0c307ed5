"""The chart, rendered by the pinned helm."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tools import pins, programs

CHART = pins.ROOT / "charts" / "syncline"
VALUES = sorted((pins.ROOT / "tests/packaging/values").glob("*.yaml"), key=lambda path: path.name)

Manifest = Mapping[str, Any]


def helm(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Runs helm on the chart: `helm("lint", "--strict")`."""
    program = programs.find("helm").path
    return subprocess.run(
        [str(program), *arguments, str(CHART)], capture_output=True, text=True, check=False
    )


def rendered(values: Path | None = None, *sets: str, namespace: str = "syncline") -> list[Manifest]:
    """Renders the release `syncline`; `sets` are as of `--set-json`."""
    files = ["--values", str(values)] if values else []
    options = [f"--set-json={each}" for each in sets]
    done = helm("template", "syncline", "--namespace", namespace, *files, *options)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def refusal(**values: object) -> str:
    """What helm says of these values, which it must refuse."""
    sets = [f"--set-json={name}={json.dumps(value)}" for name, value in values.items()]
    done = helm("template", "syncline", *sets)
    assert done.returncode != 0, "helm took them"
    return done.stderr


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """Each workload's name and pod template."""
    for manifest in manifests:
        if "template" in manifest.get("spec", {}):
            yield manifest["metadata"]["name"], manifest["spec"]["template"]
