"""A plugin from its declaration to what the pipeline keeps: the example, as a worker runs it."""

import shutil
import sys
from pathlib import Path

import pytest
import yaml

from syncline.errors import RenderFailed
from syncline.settings import RenderSettings
from syncline.store.connection import Store
from tests.harness.redis_fixtures import redis_server, redis_session, store
from tests.pipeline.rendered import BUILT_IN, Fleet, Served, host
from tests.pipeline.twins import CLUSTER

__all__ = ["redis_server", "redis_session", "store"]

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugins"
WORDS = {"name": "words", "parameters": {"greeting": "hello"}}


def declared(directory: Path, **fields: object) -> Path:
    """The example, where a plugin's files may lie, run by this Python."""
    directory.mkdir(exist_ok=True)
    shutil.copy(EXAMPLE / "words.py", directory)
    declaration = yaml.safe_load((EXAMPLE / "words.yaml").read_text())
    declaration |= {"command": [sys.executable, str(directory / "words.py")], **fields}
    (directory / "words.yaml").write_text(yaml.safe_dump(declaration))
    return directory


@pytest.fixture
def fleet(tmp_path: Path, store: Store) -> Fleet:
    made = host(tmp_path, store)
    (made.tree.root / "texts").mkdir()
    (made.tree.root / "texts" / "one.txt").write_text("1")
    return made


def having(fleet: Fleet, directory: Path) -> RenderSettings:
    return fleet.settings.model_copy(update={"plugins": directory})


def test_the_example_makes_manifests(fleet: Fleet, tmp_path: Path) -> None:
    fleet.settings = having(fleet, declared(tmp_path / "plugins"))

    (made,), _ = fleet.render("texts", Served(BUILT_IN), plugin=WORDS)

    assert made["metadata"]["name"] == "web-one"
    assert made["data"] == {"text": "hello everywhere: 1"}


def test_a_result_is_kept_until_the_plugin_or_the_directory_changes(
    fleet: Fleet, tmp_path: Path
) -> None:
    fleet.settings = having(fleet, declared(tmp_path / "plugins"))
    first = fleet.render("texts", Served(BUILT_IN), plugin=WORDS)[1]
    again = fleet.render("texts", Served(BUILT_IN), plugin=WORDS, version="v1.30.0")[1]

    declared(tmp_path / "plugins", version="2.0")
    other = fleet.render("texts", Served(BUILT_IN), plugin=WORDS)[1]
    (fleet.tree.root / "texts" / "two.txt").write_text("2")
    manifests, new = fleet.render("texts", Served(BUILT_IN), plugin=WORDS, revision="b" * 40)

    assert first == again
    assert len({first, other, new}) == 3
    assert len(manifests) == 2


def test_a_plugin_that_is_told_the_cluster_renders_for_it_alone(
    fleet: Fleet, tmp_path: Path
) -> None:
    text = (
        "import json, sys\nseen = json.load(sys.stdin)['cluster']\n"
        "print(json.dumps({'apiVersion': 'v1', 'kind': 'ConfigMap', "
        "'metadata': {'name': seen['name']}, 'data': {'version': seen['kubernetes']}}))"
    )
    plugins = declared(tmp_path / "plugins", cluster=True)
    (plugins / "words.py").write_text(text)
    fleet.settings = having(fleet, plugins)

    (made,), first = fleet.render("texts", Served(BUILT_IN), plugin=WORDS)
    _, other = fleet.render("texts", Served(BUILT_IN), plugin=WORDS, version="v1.30.0")

    assert made["metadata"]["name"] == CLUSTER.name
    assert made["data"] == {"version": "v1.36.3"}
    assert first != other


def test_a_repository_cannot_declare_a_plugin(fleet: Fleet) -> None:
    declared(fleet.tree.root / "texts")

    with pytest.raises(RenderFailed, match="this worker has none"):
        fleet.render("texts", Served(BUILT_IN), plugin=WORDS)
