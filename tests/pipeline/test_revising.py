"""What a run's manifests differ by from those of the run before."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncline.model.change import Action, Change
from syncline.model.source import RendererName
from syncline.settings import RenderSettings
from syncline_workers.pipeline import revising
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.render_cache import RenderCache
from syncline_workers.renderers import plan as plans
from tests.pipeline.test_authorship import attempt as bare
from tests.pipeline.twins import CONFIG, Repositories

NOTHING: tuple[str, tuple[Any, ...]] = ("", ())


def config(version: str, on: str = "west") -> dict[str, Any]:
    data = {"v": version, "on": on}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": data}


@pytest.fixture
def attempt(tmp_path: Path) -> Attempt:
    """One that changed an object: what was rendered before, as `old`, is on the disk."""
    made = bare(Repositories(), render_key="old")
    made.ports = replace(made.ports, render=RenderSettings(cache=tmp_path))
    made.render_key, made.manifests = "new", (config("2"),)
    made.changes.append(Change(ref=CONFIG, action=Action.CONFIGURED))
    keep(made, "old", config("1"))
    return made


def keep(attempt: Attempt, key: str, *manifests: dict[str, Any]) -> None:
    ports = attempt.ports
    rendered = plans.Rendered(manifests=manifests, inputs={}, renderer=RendererName.PLAIN)
    cache = RenderCache(ports.render.cache, ports.key, ports.renders)
    cache.put(key, plans.dump(rendered))


def again(attempt: Attempt, before: str, after: str, *manifests: dict[str, Any]) -> Attempt:
    """Another run of the same process."""
    other = bare(Repositories(), render_key=before)
    other.ports, other.render_key, other.manifests = attempt.ports, after, manifests
    other.changes.extend(attempt.changes)
    return other


def test_what_differs_is_told_under_its_digest(attempt: Attempt) -> None:
    digest, [found] = revising.told(attempt)

    assert len(digest) == 16
    assert [(each.path, each.before, each.after) for each in found.fields] == [
        (".data.v", "1", "2")
    ]


def test_who_shares_both_renders_shares_the_text(attempt: Attempt) -> None:
    digest, _ = revising.told(attempt)

    assert revising.told(again(attempt, "old", "new", config("2"))) == (digest, ())


def test_who_changes_alike_shares_the_text_too(attempt: Attempt) -> None:
    digest, _ = revising.told(attempt)
    keep(attempt, "old-east", config("1", "east"))

    other = again(attempt, "old-east", "new-east", config("2", "east"))

    assert revising.told(other) == (digest, ())


def test_an_earlier_render_that_is_not_at_hand_tells_nothing(attempt: Attempt) -> None:
    assert revising.told(again(attempt, "gone", "new", config("2"))) == NOTHING


def test_a_cache_that_is_damaged_tells_nothing(attempt: Attempt) -> None:
    (attempt.ports.render.cache / "old").write_bytes(b"x" * 100)

    assert revising.told(attempt) == NOTHING


@pytest.mark.parametrize("key", ["old", ""])
def test_the_same_render_or_none_tells_nothing(attempt: Attempt, key: str) -> None:
    attempt.render_key = key

    assert revising.told(attempt) == NOTHING


def test_a_run_that_changed_nothing_reads_nothing(attempt: Attempt) -> None:
    attempt.changes.clear()

    assert revising.told(attempt) == NOTHING


def test_too_much_is_told_by_its_objects_alone(
    attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revising, "LARGEST", 10)

    _, [found] = revising.told(attempt)

    assert (found.action, found.fields, found.cut) == ("configured", (), True)
