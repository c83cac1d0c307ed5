import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from syncline.errors import (
    InvalidDocument,
    LimitExceeded,
    ManifestInvalid,
    PathNotFound,
    RenderFailed,
)
from syncline.model import schemas
from syncline.model.plugin import Plugin, PluginInput
from syncline.model.source import RendererName, Source
from syncline.settings import RenderSettings
from syncline_workers.renderers import plan as plans
from syncline_workers.renderers import render
from syncline_workers.renderers.plan import Rendered, RenderPlan
from tests.renderers.bundles import Limited, Render, Repository, config_map, names
from tools import pins

ANYTHING = {"type": "object"}
Declare = Callable[..., RenderSettings]


@pytest.fixture
def declare(tmp_path: Path, limited: Limited) -> Declare:
    """Declares a plugin `made` that runs a Python text."""
    place = tmp_path / "plugins"
    place.mkdir()

    def call(text: str, **fields: Any) -> RenderSettings:
        (place / "made.py").write_text(text)
        declaration = {
            "name": "made",
            "version": "1",
            "command": [sys.executable, str(place / "made.py")],
            "parameters": ANYTHING,
            **fields,
        }
        (place / "made.yaml").write_text(yaml.safe_dump(declaration))
        return limited(plugins=place)

    return call


def manifest(value: str) -> str:
    """A text that prints a ConfigMap with what a Python expression gives."""
    return (
        "import json, os, sys\ngiven = json.load(sys.stdin)\n"
        "made = {'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'name': 'made'}}\n"
        f"print(json.dumps({{**made, 'data': {{'v': json.dumps({value})}}}}))"
    )


def seen(result: Rendered) -> Any:
    """What the expression gave."""
    return json.loads(result.manifests[0]["data"]["v"])


def test_a_plugin_is_given_json_that_fits_its_schema(
    repository: Repository, rendered: Render, declare: Declare
) -> None:
    settings = declare(manifest("given"), cluster=True)
    cluster = {"name": "east", "labels": {"zone": "b"}, "kubernetes": "v1.36.3"}

    result = rendered(
        repository({"web/a.txt": ""}),
        "web",
        plugin={"name": "made", "parameters": {"deep": [1, {"x": None}]}},
        parameters={"replicas": "3"},
        namespace="shop",
        name="front",
        cluster=cluster,
        under=settings,
    )

    assert result.renderer is RendererName.PLUGIN
    assert seen(result) == {
        "format": 1,
        "application": "front",
        "namespace": "shop",
        "path": "web",
        "parameters": {"deep": [1, {"x": None}]},
        "values": {"replicas": "3"},
        "cluster": cluster,
    }
    Draft202012Validator(schemas.of("PluginInput")).validate(seen(result))


def test_it_is_told_of_no_cluster_unless_it_asks(
    repository: Repository, rendered: Render, declare: Declare
) -> None:
    settings = declare(manifest("given['cluster']"))

    assert seen(rendered(repository({"a": ""}), plugin={"name": "made"}, under=settings)) is None


def test_it_starts_in_the_source_and_sees_nothing_beside_it(
    repository: Repository, rendered: Render, declare: Declare
) -> None:
    tree = repository({"web/a.txt": "hello", "web/sub/b.txt": "", "other/secret.txt": "hunter2"})
    look = "[open('a.txt').read(), sorted(os.listdir('.')), sorted(os.listdir('..'))]"

    result = rendered(tree, "web", plugin={"name": "made"}, under=declare(manifest(look)))

    assert seen(result) == ["hello", ["a.txt", "sub"], ["web"]]
    assert result.inputs == tree.ids(["web"])


def test_it_may_start_programs_of_the_host(
    repository: Repository, rendered: Render, declare: Declare
) -> None:
    text = """
import subprocess
subprocess.run(["sh", "-c", "cat a.yaml | cat"], check=True)
"""
    tree = repository({"a.yaml": config_map("a")})

    assert names(rendered(tree, plugin={"name": "made"}, under=declare(text))) == ["a"]


@pytest.mark.parametrize(
    ("printed", "found"),
    [
        (config_map("a") + "---\n" + config_map("b"), ["a", "b"]),
        (
            json.dumps([yaml.safe_load(config_map("a")), yaml.safe_load(config_map("b"))]),
            ["a", "b"],
        ),
        ("", []),
    ],
)
def test_its_output_is_yaml_or_json(
    repository: Repository, rendered: Render, declare: Declare, printed: str, found: list[str]
) -> None:
    settings = declare(f"print({printed!r})")

    assert names(rendered(repository({"a": ""}), plugin={"name": "made"}, under=settings)) == found


def test_what_is_no_manifest_names_the_plugin(
    repository: Repository, rendered: Render, declare: Declare
) -> None:
    with pytest.raises(ManifestInvalid, match=r"web by made: is no Kubernetes object but 'x'"):
        rendered(
            repository({"web/a": ""}), "web", plugin={"name": "made"}, under=declare("print('x')")
        )


def test_parameters_are_held_against_its_schema(
    repository: Repository, rendered: Render, declare: Declare
) -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["zone"],
        "properties": {"zone": {"type": "string"}, "replicas": {"type": "integer", "minimum": 1}},
    }
    settings = declare("raise SystemExit('was run')", parameters=schema)

    with pytest.raises(InvalidDocument) as caught:
        rendered(
            repository({"web/a": ""}),
            "web",
            plugin={"name": "made", "parameters": {"replicas": 0, "x": 1}},
            under=settings,
        )

    assert str(caught.value) == (
        "web: plugin.parameters.replicas: 0 is less than the minimum of 1\n"
        "plugin.parameters: 'zone' is a required property\n"
        "plugin.parameters: Additional properties are not allowed ('x' was unexpected)"
    )


def test_without_a_schema_there_are_no_parameters(
    repository: Repository, rendered: Render, declare: Declare
) -> None:
    settings = declare("", parameters=Plugin.model_fields["parameters"].default)

    with pytest.raises(InvalidDocument, match=r"'x' was unexpected"):
        rendered(
            repository({"a": ""}), plugin={"name": "made", "parameters": {"x": 1}}, under=settings
        )


def test_a_failure_is_told_in_its_own_words(
    repository: Repository, rendered: Render, declare: Declare
) -> None:
    text = "import os, sys; sys.exit(f'{os.getcwd()}/a.txt has no zone')"

    with pytest.raises(RenderFailed, match=r"^web: .*: web/a\.txt has no zone$"):
        rendered(repository({"web/a": ""}), "web", plugin={"name": "made"}, under=declare(text))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"timeout": "1s"}, "did not end within 1 s"),
        ({"output": 1000}, "wrote more than 1000 bytes"),
    ],
)
def test_its_declaration_limits_it(
    repository: Repository,
    rendered: Render,
    declare: Declare,
    fields: dict[str, Any],
    message: str,
) -> None:
    settings = declare("import time\nprint('x' * 5000, flush=True)\ntime.sleep(60)", **fields)

    with pytest.raises(LimitExceeded, match=message):
        rendered(repository({"a": ""}), plugin={"name": "made"}, under=settings)


def test_its_processes_are_bounded(
    repository: Repository, rendered: Render, declare: Declare
) -> None:
    forks = (
        "import os, sys\n"
        "try:\n  for n in range(50): os.fork() or os._exit(0)\n"
        "except OSError: sys.exit(f'made {n}')"
    )

    with pytest.raises(RenderFailed, match=r"made 5$"):
        rendered(repository({"a": ""}), plugin={"name": "made"}, under=declare(forks, processes=5))


def test_it_reads_of_the_host_what_is_declared(
    repository: Repository, rendered: Render, declare: Declare, tmp_path: Path
) -> None:
    (tmp_path / "given").write_text("hello")
    (tmp_path / "other").write_text("hunter2")
    given, other = str(tmp_path / "given"), str(tmp_path / "other")
    look = f"[os.path.exists({given!r}), os.path.exists({other!r})]"
    settings = declare(manifest(look), reads=[given])

    assert seen(rendered(repository({"a": ""}), plugin={"name": "made"}, under=settings)) == [
        True,
        False,
    ]


def test_it_may_lie_behind_links_as_in_a_volume_of_kubernetes(
    repository: Repository, rendered: Render, declare: Declare
) -> None:
    settings = declare(manifest("'seen'"))
    assert settings.plugins
    data = settings.plugins / "..2026"
    data.mkdir()
    for name in ("made.py", "made.yaml"):
        (settings.plugins / name).rename(data / name)
        (settings.plugins / name).symlink_to(f"..data/{name}")
    (settings.plugins / "..data").symlink_to("..2026")

    assert seen(rendered(repository({"a": ""}), plugin={"name": "made"}, under=settings)) == "seen"


def test_where_none_are_declared_it_says_so(
    repository: Repository, rendered: Render, declare: Declare, limited: Limited
) -> None:
    declare("")
    tree = repository({"a": ""})

    with pytest.raises(RenderFailed, match="no plugin cue: this worker has none"):
        rendered(tree, plugin={"name": "cue"})
    with pytest.raises(RenderFailed, match="no plugin cue: declared are made "):
        rendered(tree, plugin={"name": "cue"}, under=declare(""))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name: made\nversion: '1'\n", "made.yaml is broken: command: Field required"),
        ("name: made\nversion: '1'\ncommand: [sh]\n", "'sh' is not absolute"),
        ("name: other\nversion: '1'\ncommand: [/bin/sh]\n", "is of other: call it other.yaml"),
        ("name: [", "made.yaml is broken: "),
        ("", "made.yaml is broken: "),
        ("name: made\nversion: '1'\ncommand: [/x]\nreads: [/]\n", "not the root"),
    ],
)
def test_a_broken_declaration_is_told(
    repository: Repository, rendered: Render, declare: Declare, content: str, message: str
) -> None:
    settings = declare("")
    assert settings.plugins
    (settings.plugins / "made.yaml").write_text(content)

    with pytest.raises(RenderFailed) as caught:
        rendered(repository({"a": ""}), plugin={"name": "made"}, under=settings)

    assert message in str(caught.value)


def test_a_path_that_is_a_file_is_refused(
    repository: Repository, rendered: Render, declare: Declare
) -> None:
    with pytest.raises(PathNotFound, match="is a file"):
        rendered(repository({"a.txt": ""}), "a.txt", plugin={"name": "made"}, under=declare(""))


def test_its_version_and_its_declaration_are_part_of_the_key(declare: Declare) -> None:
    source = Source.model_validate(
        {"repository": "fleet", "renderer": "plugin", "plugin": {"name": "made"}}
    )
    plan = RenderPlan(source=source)

    def key(**fields: Any) -> str:
        return plans.plan_key(plan, render.version(plan, declare("", **fields)))

    keys = [key(), key(version="2"), key(network=True), key()]

    assert len(set(keys)) == 3
    assert keys[0] == keys[3]


@pytest.mark.parametrize(
    "fields", [{"renderer": "plugin"}, {"renderer": "helm", "plugin": {"name": "made"}}]
)
def test_a_source_names_a_plugin_or_a_renderer(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="plugin"):
        Source.model_validate({"repository": "fleet", **fields})


def test_the_page_names_each_field() -> None:
    page = (pins.ROOT / "docs" / "plugins.md").read_text()
    table = "".join(line.partition(" | ")[0] for line in page.splitlines() if line[:3] == "| `")
    example = json.loads(page.partition("```json\n")[2].partition("```")[0])

    assert [name for name in Plugin.model_fields if f"`{name}" not in table] == []
    assert example.keys() == PluginInput.model_fields.keys()
