"""What people get who run helm, kustomize, jsonnet or kubectl themselves; none of our code."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from syncline.model import yaml
from syncline.model.source import RendererName
from syncline.settings import RenderSettings
from tests.corpus.bundles import KUSTOMIZATIONS, MANIFESTS, PROGRAM, VENDORED, Bundle
from tools import programs

RELEASE, NAMESPACE = "web", "shop"
_LIMITS = yaml.Limits(size=100_000_000, documents=100_000)


class Refused(Exception):
    """The program did not make anything of it; its last words."""


def render(root: Path, bundle: Bundle, settings: RenderSettings) -> list[Any]:
    """The objects, in the program's order.

    Raises:
        Refused: with what the program said.
    """
    place = root / bundle.path
    if bundle.renderer is RendererName.HELM:
        values = [f"--values={place / bundle.values}"] if bundle.values else []
        options = [f"--namespace={NAMESPACE}", "--include-crds", "--skip-tests", *values]
        return _run([settings.helm, "template", RELEASE, place, *options], last_key_wins=True)
    if bundle.renderer is RendererName.KUSTOMIZE:
        return _run([settings.kustomize, "build", place])
    if bundle.renderer is RendererName.JSONNET:
        return _evaluated(place, settings)
    with tempfile.TemporaryDirectory() as made:
        _as_kustomization(place, Path(made))
        return _run([settings.kustomize, "build", made])


def by_kubectl(root: Path, bundle: Bundle) -> list[Any]:
    """A kustomization's objects, as the kustomize that kubectl brings along makes them.

    Raises:
        Refused: with what kubectl said.
    """
    return _run([programs.find("kubectl").path, "kustomize", root / bundle.path])


def _run(command: Sequence[str | Path], *, last_key_wins: bool = False) -> list[Any]:
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    if done.returncode:
        raise Refused(done.stderr.decode(errors="replace").strip()[-500:])
    documents = yaml.load_all(
        done.stdout, source="by hand", limits=_LIMITS, last_key_wins=last_key_wins
    )
    return [one for one in documents if one]


def _evaluated(place: Path, settings: RenderSettings) -> list[Any]:
    libraries = ["--jpath", place / VENDORED] if (place / VENDORED).is_dir() else []
    (value,) = _run([settings.jsonnet, *libraries, place / PROGRAM]) or [[]]
    return value if isinstance(value, list) else [value]


def _as_kustomization(place: Path, made: Path) -> None:
    """Every manifest below a directory as one resource: kustomize reads them, and changes none."""
    for number, file in enumerate(_manifests(place)):
        shutil.copyfile(file, made / f"{number:05}.yaml")
    names = "".join(f"- {file.name}\n" for file in sorted(made.iterdir()))
    (made / KUSTOMIZATIONS[0]).write_text(f"resources:\n{names}")


def _manifests(place: Path) -> Iterator[Path]:
    for directory, inner, files in os.walk(place):
        is_other = {"Chart.yaml", *KUSTOMIZATIONS} & set(files) and Path(directory) != place
        inner[:] = [] if is_other else sorted(name for name in inner if not name.startswith("."))
        for name in [] if is_other else sorted(files):
            if name.endswith(MANIFESTS) and not name.startswith("."):
                yield Path(directory) / name
