"""A Helm repository over HTTP: charts packaged and indexed by the real helm, in a folder."""

import hashlib
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from tests.harness.webserver import Reply, WebServer, serving
from tools import programs


def helm(*arguments: object, cwd: Path) -> str:
    """Run the pinned helm with a home of its own."""
    home = {name: str(cwd / ".helm") for name in ("HOME", "HELM_CACHE_HOME", "HELM_CONFIG_HOME")}
    command = [str(programs.find("helm").path), *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, env=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def config_map(text: str, name: str = "web") -> str:
    return f"kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: {name}\ndata:\n  text: {text}\n"


def written(root: Path, name: str, version: str, files: Mapping[str, str]) -> Path:
    """Write a chart's directory."""
    own = {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n",
        "values.yaml": "greeting: hello\n",
        "templates/main.yaml": config_map('"{{ .Values.greeting }} {{ .Chart.Version }}"'),
    }
    for path, text in {**own, **files}.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return root


@lru_cache(maxsize=256)
def packaged(name: str, version: str, files: tuple[tuple[str, str], ...] = ()) -> bytes:
    """Package a chart, once for all tests of a process."""
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        source = written(root / name, name, version, dict(files))
        helm("package", source, "-d", root, cwd=root)
        return (root / f"{name}-{version}.tgz").read_bytes()


@dataclass
class ChartRepository:
    """Charts in a folder, and the server of it."""

    root: Path
    web: WebServer
    headers: dict[str, str] = field(default_factory=dict)  # of each answer
    wants: str = ""  # the Authorization header without which nothing is served

    @property
    def url(self) -> str:
        return f"{self.web.url}/charts"

    @property
    def served(self) -> Path:
        return self.root / "served"

    def publish(self, name: str, version: str, **files: str) -> str:
        """Package a chart and write the index anew; gives the digest."""
        archive = self.served / f"{name}-{version}.tgz"
        archive.write_bytes(packaged(name, version, tuple(sorted(files.items()))))
        helm("repo", "index", self.served, cwd=self.root)
        return digest(archive)

    def asked(self, suffix: str) -> list[dict[str, str]]:
        """The headers of each request for a path with this end."""
        return [headers for _, path, headers in self.web.asked if path.endswith(suffix)]

    def reply(self, path: str) -> Reply:
        asked = self.web.asked[-1][2]
        if self.wants and asked.get("Authorization") != self.wants:
            return Reply(401, b"who are you?")
        file = self.served / path.removeprefix("/charts/")
        if not file.is_file():
            return Reply(404, b"nothing")
        body = file.read_bytes()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if asked.get("If-None-Match") == etag:
            return Reply(304, b"", {"ETag": etag})
        return Reply(200, body, {"ETag": etag, **self.headers})


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@contextmanager
def repository(root: Path) -> Iterator[ChartRepository]:
    """One without charts."""
    with serving() as web:
        made = ChartRepository(root, web)
        made.served.mkdir(parents=True)
        web.reply = made.reply
        yield made
