"""Engines that are kept: the official output, and nothing in it of another render."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from syncline.errors import LimitExceeded, RenderFailed
from syncline.model.source import RendererName
from syncline.settings import RenderSettings
from syncline_workers import scratch
from syncline_workers.renderers import benches, engines
from syncline_workers.renderers.engine import Engine
from tests.harness.poll import until
from tests.renderers.bundles import Limited, Program
from tools import pins

Built = Callable[..., str]
SERVED = """
import json, os, sys, time
def say(text): os.write(1, text.encode())
def answer(text): say(json.dumps({{"failed": False, "size": len(text)}}) + "\\n" + text)
say(json.dumps({{"version": "{version}"}}) + "\\n")
for line in sys.stdin:
    asked = json.loads(line)
    {act}
"""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Engine]]:
    """The engines that were started; all end with the test."""
    found: list[Engine] = []

    class Noted(Engine):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            found.append(self)

    monkeypatch.setattr(engines, "Engine", Noted)
    monkeypatch.setattr(engines, "_unfit", {})
    yield found
    engines.ENGINES.close()


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Two kustomizations, and one that brings a schema of its own."""
    root = tmp_path / "sources"
    lists = {"containers": [{"name": "a", "image": "a:1"}]}
    patch = {"containers": [{"name": "a", "extra": "yes"}]}
    bare = {"apiVersion": "shop.dev/v1", "kind": "Shop", "metadata": {"name": "web"}}
    _put(root / "base/kustomization.yaml", {"resources": ["shop.yaml"]})
    _put(root / "base/shop.yaml", bare | {"spec": lists})
    for name in ("one", "two", "own"):
        over: dict[str, Any] = {"resources": ["../base"], "patches": [{"path": "patch.yaml"}]}
        _put(root / name / "patch.yaml", bare | {"spec": patch})
        if name == "own":
            over["openapi"] = {"path": "schema.json"}
        _put(root / name / "kustomization.yaml", over)
    _put(root / "own/schema.json", {"definitions": {"Shop": _merged_by_name()}})
    return root


@pytest.fixture
def built(sources: Path, settings: RenderSettings) -> Built:
    """Builds a kustomization."""

    def build(name: str = "one", under: RenderSettings | None = None, **given: Any) -> str:
        kustomize = RendererName.KUSTOMIZE
        with benches.bench(kustomize, sources, under or settings, subject=name, **given) as bench:
            return bench.run(["build", "--", str(sources / name)], {str(sources): ""}).decode()

    return build


@pytest.fixture
def fake(limited: Limited, program: Program) -> Callable[..., RenderSettings]:
    """Settings with an engine that does this for each request."""

    def change(act: str, version: str = "", **limits: Any) -> RenderSettings:
        wanted = version or f"v{pins.version('kustomize')}"
        text = SERVED.format(version=wanted, act=act)
        return limited(kustomize_engine=program(text), **limits)

    return change


def official(settings: RenderSettings, path: Path) -> str:
    return subprocess.run(
        [settings.kustomize, "build", path], capture_output=True, text=True, check=True
    ).stdout


def test_one_process_builds_one_after_another(
    built: Built, started: list[Engine], settings: RenderSettings, sources: Path
) -> None:
    for name in ("one", "two", "one"):
        assert built(name) == official(settings, sources / name)

    assert [engine.renders for engine in started] == [3]


def test_a_schema_of_one_kustomization_is_not_that_of_the_next(
    built: Built, started: list[Engine], settings: RenderSettings, sources: Path
) -> None:
    assert "image: a:1" in built("own")  # merged by name
    assert "image" not in built("one")
    assert built("one") == official(settings, sources / "one")

    assert [engine.renders for engine in started] == [3]


def test_a_failure_is_told_and_costs_no_engine(
    built: Built, started: list[Engine], sources: Path
) -> None:
    (sources / "apps").mkdir()
    with pytest.raises(RenderFailed, match=r"apps: kustomize: .*unable to find one of"):
        built("apps")
    built("one")

    assert [engine.renders for engine in started] == [2]


def test_other_files_have_another_process(
    built: Built, started: list[Engine], settings: RenderSettings, tmp_path: Path
) -> None:
    built()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with benches.bench(RendererName.KUSTOMIZE, elsewhere, settings, subject="x") as bench:
        outside = ["build", "--", str(tmp_path / "sources/one")]
        with pytest.raises(RenderFailed):
            bench.run(outside, {})

    assert [engine.sources.name for engine in started] == ["sources", "elsewhere"]


def test_those_that_were_not_used_for_long_end(
    started: list[Engine], settings: RenderSettings, tmp_path: Path
) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        with benches.bench(RendererName.KUSTOMIZE, tmp_path / name, settings, subject=name):
            pass

    assert [engine.temporary.parent.exists() for engine in started] == [False, True, True]


def test_a_process_renders_so_often_and_no_more(
    built: Built, started: list[Engine], limited: Limited
) -> None:
    for _ in range(5):
        built(under=limited(reuse=2))

    assert [engine.renders for engine in started] == [2, 2, 1]


def test_each_render_may_have_its_own_process(
    built: Built, started: list[Engine], limited: Limited
) -> None:
    assert "kind: Shop" in built(under=limited(reuse=1))

    assert started == []


def test_what_may_be_secret_is_rendered_by_a_process_of_its_own(
    built: Built, started: list[Engine], tmp_path: Path, settings: RenderSettings
) -> None:
    with scratch.within(tmp_path):
        assert "kind: Shop" in built()
    assert "kind: Shop" in built(programs=(Path(settings.helm),))

    assert started == []


def test_an_engine_of_another_version_is_not_used(
    built: Built, started: list[Engine], fake: Callable[..., RenderSettings]
) -> None:
    under = fake("answer('no')", version="v1.0.0")

    with capture_logs() as lines:
        assert ["kind: Shop" in built(under=under) for _ in range(2)] == [True, True]

    assert len(started) == 1
    (line,) = [each for each in lines if each["event"] == "engine_refused"]
    assert line["detail"] == (
        f"it is v1.0.0, and kustomize is v{pins.version('kustomize')}; "
        "each render has its own process"
    )


def test_without_engines_renders_have_their_own_process(
    built: Built, started: list[Engine], limited: Limited
) -> None:
    assert "kind: Shop" in built(under=limited(kustomize_engine="absent-engine"))

    assert started == []


@pytest.mark.parametrize(
    "act", ["sys.exit(2)", "say('nonsense\\n')", "say('[]\\n')", "say('{}\\n')"]
)
def test_who_ends_under_a_render_is_not_needed_for_it(
    built: Built, started: list[Engine], fake: Callable[..., RenderSettings], act: str
) -> None:
    under = fake(act)

    assert ["kind: Shop" in built(under=under) for _ in range(2)] == [True, True]

    assert [engine.renders for engine in started] == [1, 1]  # none is used again


def test_who_ended_while_idle_is_replaced(
    built: Built, started: list[Engine], fake: Callable[..., RenderSettings]
) -> None:
    under = fake("answer('a'); sys.exit()")

    assert built(under=under) == "a"
    until(lambda: not started[0].is_idle(), within=20, what="its end")
    assert built(under=under) == "a"

    assert [engine.renders for engine in started] == [1, 1]


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ({"act": "time.sleep(60)", "seconds": 0.5}, "did not end within 0.5 s"),
        ({"act": "answer('x' * 2000)", "output": 1000}, "wrote more than 1000 bytes"),
    ],
)
def test_its_time_and_output_are_bounded(
    built: Built,
    started: list[Engine],
    fake: Callable[..., RenderSettings],
    what: dict[str, Any],
    message: str,
) -> None:
    under = fake(**what)

    for _ in range(2):
        with pytest.raises(LimitExceeded, match=message):
            built(under=under)

    assert [engine.renders for engine in started] == [1, 1]


def test_nothing_is_left_of_a_render(tmp_path: Path, settings: RenderSettings) -> None:
    temporary = tmp_path / "tmp"
    (temporary / "kustomize-1").mkdir(parents=True)
    asked = json.dumps({"directory": str(tmp_path), "arguments": ["build", str(tmp_path)]})

    done = subprocess.run(
        [settings.kustomize_engine], input=asked + "\n", capture_output=True, text=True,
        env={"TMPDIR": str(temporary)}, check=True,
    )  # fmt: skip

    version, answer = map(json.loads, done.stdout.splitlines())
    assert version == {"version": f"v{pins.version('kustomize')}"}
    assert answer == {"failed": True, "size": 0}
    assert [*temporary.iterdir()] == []


def test_a_fork_has_engines_of_its_own(built: Built, started: list[Engine]) -> None:
    built()
    child = os.fork()
    if child == 0:
        try:
            built()
        finally:
            os._exit(len(started))

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    built()
    assert [engine.renders for engine in started] == [2]


@pytest.mark.parametrize("renderer", ["helm", "kustomize"])
def test_engines_are_built_from_the_pinned_version(renderer: str) -> None:
    required = (pins.ENGINES / renderer / "go.mod").read_text()

    assert f"/v{pins.version(renderer)[0]} v{pins.version(renderer)}\n" in required


def _put(place: Path, content: dict[str, Any]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(content))


def _merged_by_name() -> dict[str, Any]:
    """The schema of a kind whose containers are merged by their names."""
    strings = {"type": "object", "properties": {"name": {"type": "string"}}}
    containers = {
        "type": "array", "items": strings,
        "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge",
    }  # fmt: skip
    spec = {"type": "object", "properties": {"containers": containers}}
    kinds = [{"group": "shop.dev", "version": "v1", "kind": "Shop"}]
    return {
        "type": "object", "properties": {"spec": spec},
        "x-kubernetes-group-version-kind": kinds,
    }  # fmt: skip
