"""A synthetic monorepo: the same shape gives the same commits, made once and kept in the cache.

Seven of ten applications are Kustomize overlays over two shared bases each, two are releases of
shared charts with value files of their own, one is plain manifests. All of them read what lies in
``platform/``: as a base, a value file or through a link. The other files are code, which no render
reads. History begins with the whole tree; each later commit changes one to three files.
"""

import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.harness.workrepo import ENVIRONMENT, git

FORMAT: Final = 2  # grows with each change of what is made
TEAMS: Final = 40
LINK: Final = "120000"
FILE: Final = "100644"
_BEGAN: Final = 1_700_000_000
_WHO: Final = "Syncline <syncline@example.com>"
_KINDS: Final = ("kustomize",) * 7 + ("helm",) * 2 + ("plain",)
_SYLLABLES: Final = (
    "ra",
    "ne",
    "to",
    "ki",
    "lu",
    "sa",
    "mo",
    "de",
    "vi",
    "pu",
    "ga",
    "he",
    "wo",
    "ly",
)
_WORDS: Final = [a + b + c for a in _SYLLABLES for b in _SYLLABLES for c in _SYLLABLES]

Files = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shape:
    """How large it is."""

    files: int = 100_000
    applications: int = 1_000
    commits: int = 5_000
    bases: int = 20
    charts: int = 10

    @property
    def name(self) -> str:
        sizes = (self.files, self.applications, self.commits, self.bases, self.charts)
        return "-".join(map(str, (FORMAT, *sizes)))


SMALL: Final = Shape(files=2_000, applications=20, commits=50, bases=4, charts=2)


def kept(shape: Shape) -> Path:
    """The bare repository of this shape, made where the cache lacks it; nobody writes to it."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    place = home / "syncline" / "monorepo" / f"{shape.name}.git"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(dir=place.parent))
        make(shape, half)
        try:
            half.rename(place)
        except OSError:
            shutil.rmtree(half)  # somebody else was sooner
    return place


def make(shape: Shape, place: Path) -> None:
    """Make it in an empty directory, packed as a server has it."""
    git("init", "--quiet", "--bare", "--initial-branch=main", cwd=place)
    git("config", "uploadpack.allowFilter", "true", cwd=place)
    importing(place, history(shape))
    git("repack", "-a", "-d", "-f", "--quiet", "--write-bitmap-index", cwd=place)


def importing(place: Path, stream: Iterable[bytes]) -> None:
    """Feed `git fast-import`."""
    with subprocess.Popen(
        ["git", "fast-import", "--quiet", "--force"],
        cwd=place,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        for chunk in stream:
            process.stdin.write(chunk)
        process.stdin.close()
        if process.wait():
            raise RuntimeError("git fast-import failed")


def push(place: Path, message: str, changes: Files, *, at: int = _BEGAN + 10_000_000) -> str:
    """Add a commit on ``main``; gives its id."""
    importing(place, _commit(message, at, (_file(*change) for change in changes.items()), "main^0"))
    return git("rev-parse", "main", cwd=place)


def directory(number: int) -> str:
    """An application's directory."""
    return f"teams/t{number % TEAMS:02}/app-{number:04}"


def source(shape: Shape, number: int) -> dict[str, object]:
    """An application's ``spec.source``, without its repository."""
    deploy = f"{directory(number)}/deploy"
    if _KINDS[number % 10] != "helm":
        return {"path": deploy}
    files = ["../../platform/values.yaml", f"../../{deploy}/values.yaml"]
    return {"path": f"charts/c{number % shape.charts:02}", "helm": {"valueFiles": files}}


def touched(number: int, version: str) -> Files:
    """A change of one application that its render shows."""
    name = {"kustomize": "settings.env", "helm": "values.yaml", "plain": "settings.yaml"}
    found = _KINDS[number % 10]
    return {f"{directory(number)}/deploy/{name[found]}": _setting(found, number, version)}


def touched_by_all(version: str) -> Files:
    """A change of what every application reads."""
    return {
        "platform/labels.yaml": _config("platform", version),
        "platform/values.yaml": f"platform: {version!r}\n",
    }


def history(shape: Shape) -> Iterator[bytes]:
    """The whole stream for fast-import."""
    chance = random.Random(7)  # noqa: S311 -- the same each time is what is wanted
    first = (_file(path, text, mode) for path, text, mode in _tree(shape, chance))
    yield from _commit("begin", _BEGAN, first, "")
    for number in range(1, shape.commits):
        paths = dict(_change(shape, chance, number) for _ in range(chance.randint(1, 3)))
        files = (_file(path, text) for path, text in paths.items())
        yield from _commit(f"change {number}", _BEGAN + 60 * number, files, "")


def _change(shape: Shape, chance: random.Random, number: int) -> tuple[str, str]:
    application, version = chance.randrange(shape.applications), f"1.{number}.0"
    what = chance.random()
    if what < 0.65:
        return _code_path(application, chance.randrange(20)), _code(chance)
    if what < 0.95:
        ((path, text),) = touched(application, version).items()
        return path, text
    if what < 0.99:
        base = chance.randrange(shape.bases)
        return f"bases/b{base:02}/config.yaml", _config(f"base-{base}", version)
    return "platform/labels.yaml", _config("platform", version)


def _tree(shape: Shape, chance: random.Random) -> Iterator[tuple[str, str, str]]:
    made = 0
    for path, text, mode in _shared(shape):
        made += 1
        yield path, text, mode
    for number in range(shape.applications):
        for path, text, mode in _deploy(shape, number):
            made += 1
            yield path, text, mode
    for number in range(shape.files - made):
        place = _code_path(number % shape.applications, number // shape.applications)
        yield place, _code(chance), FILE


def _shared(shape: Shape) -> Iterator[tuple[str, str, str]]:
    yield "platform/kustomization.yaml", "resources: [labels.yaml]\n", FILE
    yield "platform/labels.yaml", _config("platform", "1.0.0"), FILE
    yield "platform/values.yaml", "platform: '1.0.0'\n", FILE
    for base in range(shape.bases):
        root = f"bases/b{base:02}"
        listed = "resources: [deployment.yaml, service.yaml, config.yaml]\n"
        yield f"{root}/kustomization.yaml", listed, FILE
        yield f"{root}/deployment.yaml", _deployment(f"base-{base}"), FILE
        yield f"{root}/service.yaml", _service(f"base-{base}"), FILE
        yield f"{root}/config.yaml", _config(f"base-{base}", "1.0.0"), FILE
    for chart in range(shape.charts):
        root = f"charts/c{chart:02}"
        about = f"apiVersion: v2\nname: c{chart:02}\nversion: 1.0.0\n"
        yield f"{root}/Chart.yaml", about, FILE
        yield f"{root}/values.yaml", "replicas: 1\nimage: web:1\nplatform: ''\n", FILE
        for name, text in _TEMPLATES.items():
            yield f"{root}/templates/{name}", text, FILE


def _deploy(shape: Shape, number: int) -> Iterator[tuple[str, str, str]]:
    root, found = f"{directory(number)}/deploy", _KINDS[number % 10]
    for path, text in touched(number, "1.0.0").items():
        yield path, text, FILE
    if found == "kustomize":
        yield f"{root}/kustomization.yaml", _overlay(shape, number), FILE
        yield f"{root}/patch.yaml", _patch(number % shape.bases, number), FILE
        yield f"{root}/ingress.yaml", _service(f"edge-{number}"), FILE
    if found == "plain":
        yield f"{root}/deployment.yaml", _deployment(f"app-{number}"), FILE
        yield f"{root}/service.yaml", _service(f"app-{number}"), FILE
        yield f"{root}/platform.yaml", "../../../../platform/labels.yaml", LINK


def _overlay(shape: Shape, number: int) -> str:
    one, other = number % shape.bases, (number + 1) % shape.bases
    return (
        f"namePrefix: app-{number:04}-\n"
        f"resources: [../../../../bases/b{one:02}, ../../../../bases/b{other:02}, "
        "../../../../platform, ingress.yaml]\n"
        "patches: [{path: patch.yaml}]\n"
        "configMapGenerator: [{name: settings, envs: [settings.env]}]\n"
    )


def _setting(found: str, number: int, version: str) -> str:
    if found == "kustomize":
        return f"VERSION={version}\nNUMBER={number}\n"
    if found == "helm":
        return f"image: web:{version}\nreplicas: {number % 5}\n"
    return _config(f"app-{number}", version)


def _config(name: str, version: str) -> str:
    head = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"
    return f"{head}data: {{version: '{version}'}}\n"


def _service(name: str) -> str:
    head = f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n"
    return f"{head}spec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}\n"


def _deployment(name: str) -> str:
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n"
        f"spec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n"
        f"    metadata: {{labels: {{app: {name}}}}}\n"
        "    spec: {containers: [{name: web, image: web:1}]}\n"
    )


def _patch(base: int, number: int) -> str:
    head = f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: base-{base}}}\n"
    return f"{head}spec: {{replicas: {number % 5}}}\n"


_TEMPLATES: Final = {
    "deployment.yaml": """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels:
      app: {{ .Release.Name }}
  template:
    metadata:
      labels:
        app: {{ .Release.Name }}
    spec:
      containers:
        - name: web
          image: {{ .Values.image }}
""",
    "config.yaml": """apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  platform: {{ .Values.platform | quote }}
""",
}


def _code_path(number: int, index: int) -> str:
    return f"{directory(number)}/src/p{index % 8}/file{index:03}.go"


def _code(chance: random.Random) -> str:
    return "\n".join(" ".join(chance.choices(_WORDS, k=8)) for _ in range(20)) + "\n"


def _file(path: str, text: str, mode: str = FILE) -> bytes:
    raw = text.encode()
    return b"M %s inline %s\ndata %d\n%s\n" % (mode.encode(), path.encode(), len(raw), raw)


def _commit(message: str, at: int, files: Iterable[bytes], parent: str) -> Iterator[bytes]:
    raw = message.encode()
    yield b"commit refs/heads/main\ncommitter %s %d +0000\n" % (_WHO.encode(), at)
    yield b"data %d\n%s\n" % (len(raw), raw)
    if parent:
        yield b"from refs/heads/%s\n" % parent.encode()
    yield from files
    yield b"\n"
