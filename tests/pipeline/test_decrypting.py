"""Encrypted files in a render: opened in memory, kept nowhere, and shown masked."""

import json
import tempfile
from base64 import b64decode
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from syncline.credentials import CredentialSource
from syncline.errors import DecryptionFailed, RenderFailed
from syncline.model.beside import Beside
from syncline.model.records import RepositoryRecord
from syncline.model.source import Source
from syncline.model.values import Manifest
from syncline.store.connection import Store
from syncline_workers.pipeline import rendering
from syncline_workers.pipeline.attempt import Attempt
from tests.harness.dirtree import written
from tests.harness.redis_fixtures import redis_server, redis_session, store
from tests.pipeline.rendered import BUILT_IN, Fleet, Served, host
from tests.sops.make import KEYS, SEALED

__all__ = ["redis_server", "redis_session", "store"]

PASSWORD = "correct horse battery"
KEY = {"keys": [{"type": "age", "ref": "file:shop.age"}]}
TEMPLATE = """
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data:
  url: "postgres://shop:{{ .Values.database.password }}@db"
  replicas: {{ .Values.replicas | quote }}
"""


def sealed(name: str) -> str:
    return (SEALED / name).read_text()


FILES = {
    "plain/secret.yaml": sealed("secret.yaml"),
    "plain/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: open}\n",
    "kustomize/kustomization.yaml": "resources: [secret.yaml]\nsecretGenerator:\n"
    "- {name: made, envs: [shop.env], files: [whole.conf, settings.json], options: "
    "{disableNameSuffixHash: true}}\n",
    "kustomize/secret.yaml": sealed("secret.yaml"),
    "kustomize/shop.env": sealed("shop.env"),
    "kustomize/whole.conf": sealed("whole.conf"),
    "kustomize/settings.json": sealed("settings.json"),
    "jsonnet/main.jsonnet": "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'made'}, "
    "data: {conf: importstr 'whole.conf', port: std.toString((import 'settings.json').data.port)}}",
    "jsonnet/whole.conf": sealed("whole.conf"),
    "jsonnet/settings.json": sealed("settings.json"),
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/templates/map.yaml": TEMPLATE,
    "web/values.yaml": sealed("values.yaml"),
    "quiet/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "quiet/templates/a.yaml": TEMPLATE.replace(
        "{{ .Values.database.password }}", "{{ len .Values.database.password }}"
    ).replace("{{ .Values.replicas | quote }}", "none"),
    "quiet/values.yaml": sealed("values.yaml"),
    "fails/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "fails/templates/a.yaml": "{{ fail .Values.database.password }}",
    "fails/values.yaml": sealed("values.yaml"),
}


@dataclass
class Team:
    """A repository with encrypted files, and those who read it."""

    fleet: Fleet
    keys: dict[str, Any] | None = field(default_factory=lambda: KEY)

    def attempt(self, path: str) -> Attempt:
        spec = {"url": "https://git.example/shop", "decryption": self.keys}
        repository = RepositoryRecord.model_validate({"uid": "r1", "name": "shop", "spec": spec})
        attempt = self.fleet.attempt(path, repository=repository)
        source = CredentialSource(directory=KEYS, environment={})
        attempt.ports = replace(attempt.ports, credentials=source)
        return attempt

    def render(self, path: str) -> tuple[Attempt, list[Manifest]]:
        attempt = self.attempt(path)
        return attempt, rendering.render(attempt, cast("Any", Served(BUILT_IN)))

    def everything(self) -> bytes:
        """All that is in the store, and on the disk."""
        redis = self.fleet.store.redis
        stored = b"".join(redis.dump(key) or b"" for key in redis.scan_iter())
        files = (file for file in self.fleet.settings.cache.rglob("*") if file.is_file())
        return stored + b"".join(file.read_bytes() for file in files)


@pytest.fixture
def team(tmp_path: Path, store: Store) -> Team:
    fleet = host(tmp_path, store)
    written(fleet.tree.root, FILES)
    return Team(fleet)


def named(manifests: list[Manifest], name: str) -> Manifest:
    return next(found for found in manifests if found["metadata"]["name"] == name)


def test_an_encrypted_file_among_plain_manifests_is_read(team: Team) -> None:
    _, found = team.render("plain")

    assert named(found, "database")["stringData"]["password"] == PASSWORD
    assert named(found, "open")["kind"] == "ConfigMap"


def test_encrypted_resources_and_generators_files_of_a_kustomization_are_read(team: Team) -> None:
    _, found = team.render("kustomize")

    made = {key: b64decode(text).decode() for key, text in named(found, "made")["data"].items()}
    assert named(found, "database")["stringData"]["number"] == "0123"
    assert (made["PASSWORD"], made["EMPTY"]) == (PASSWORD, "")
    assert made["whole.conf"] == "certificate {\n  any text at all\n}\n"
    assert json.loads(made["settings.json"])["data"]["port"] == 5432


def test_encrypted_value_files_of_a_chart_are_read(team: Team) -> None:
    _, (found,) = team.render("web")

    assert found["data"] == {"url": f"postgres://shop:{PASSWORD}@db", "replicas": "3"}


def test_encrypted_imports_of_jsonnet_are_read(team: Team) -> None:
    attempt, (found,) = team.render("jsonnet")

    assert found["data"] == {"conf": "certificate {\n  any text at all\n}\n", "port": "5432"}
    assert "any text at all" not in str(attempt.hidden.shown(found))


@pytest.mark.parametrize("path", ["plain", "kustomize", "jsonnet", "web"])
def test_what_a_decrypted_value_is_in_is_kept_nowhere(team: Team, path: str) -> None:
    first, _ = team.render(path)
    second, _ = team.render(path)

    assert not list(team.fleet.settings.cache.rglob("*"))
    assert team.fleet.kept == set()
    assert team.fleet.opened_times == 2
    assert first.render_key == second.render_key != ""
    assert PASSWORD.encode() not in team.everything()


def test_what_holds_none_is_kept_as_ever(team: Team) -> None:
    (team.fleet.tree.root / "plain/secret.yaml").unlink()

    attempt, _ = team.render("plain")

    assert team.fleet.kept
    assert attempt.hidden  # what is lost may have been decrypted once


@pytest.mark.parametrize("path", ["kustomize", "web"])
def test_nothing_decrypted_touches_a_disk(
    team: Team, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    places, made = [], tempfile.TemporaryDirectory

    def noted(**options: Any) -> Any:
        directory = made(**options)
        places.append(Path(directory.name))
        return directory

    team.render(path)  # asks for the version once in a process
    monkeypatch.setattr(tempfile, "TemporaryDirectory", noted)
    team.render(path)

    assert {place.parent for place in places} == {team.fleet.settings.private}
    assert not any(place.exists() for place in places)


def test_a_disk_is_no_place_for_it(team: Team) -> None:
    elsewhere = team.fleet.settings.model_copy(update={"private": Path("/proc")})
    team.fleet.settings = elsewhere

    with pytest.raises(DecryptionFailed, match="/proc is no directory in memory"):
        team.render("plain")


@pytest.mark.parametrize("path", ["plain", "kustomize", "web"])
def test_an_encrypted_file_that_nobody_decrypts_is_an_error(team: Team, path: str) -> None:
    team.keys = None

    with pytest.raises(DecryptionFailed) as caught:
        team.render(path)

    told = str(caught.value)
    assert told.startswith(f"{path}/")
    assert "is encrypted with SOPS for the age key age1" in told
    assert "Repository/shop declares no keys: set its spec.decryption.keys" in told


def test_a_renderers_own_words_hold_no_decrypted_value(team: Team) -> None:
    with pytest.raises(RenderFailed, match=r"\*{6}") as caught:
        team.render("fails")

    assert PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is None
    assert PASSWORD.encode() not in team.everything()


def test_a_render_is_shown_masked(team: Team) -> None:
    attempt, found = team.render("web")

    shown = [attempt.hidden.shown(manifest) for manifest in found]

    assert shown[0]["data"] == {"url": "postgres://shop:******@db", "replicas": "3"}


SOURCES: list[dict[str, Any]] = [
    {"repository": "shop", "path": "web", "helm": {"valueFiles": ["$values/values.yaml"]}},
    {"repository": "values", "name": "values"},
    {"repository": "values", "path": "plain"},
]


def of_two(team: Team, keys: dict[str, Any] | None = None) -> Attempt:
    """A chart without secrets, whose values another repository lends, and plain manifests there."""
    attempt = team.attempt("web")
    claim = attempt.claim
    spec = claim.application.spec.model_copy(
        update={"given": None, "sources": tuple(map(Source.model_validate, SOURCES))}
    )
    values = {"url": "https://git.example/values", "decryption": keys or KEY}
    attempt.claim = claim.model_copy(
        update={
            "application": claim.application.model_copy(update={"spec": spec}),
            "repositories": {
                "values": RepositoryRecord.model_validate(
                    {"uid": "r2", "name": "values", "spec": values}
                )
            },
        }
    )
    attempt.beside = (Beside(repository="values", revision="HEAD", commit="b" * 40),)
    return attempt


@pytest.fixture
def lending(team: Team) -> Team:
    """What is encrypted lies at the root, too, and the chart's own values are open."""
    team.keys = None
    written(team.fleet.tree.root, {"values.yaml": sealed("values.yaml"), "web/values.yaml": "{}"})
    return team


def test_an_encrypted_value_file_of_another_source_is_read(lending: Team) -> None:
    attempt = of_two(lending)

    found = rendering.render(attempt, cast("Any", Served(BUILT_IN)))

    assert named(found, "web")["data"]["url"] == f"postgres://shop:{PASSWORD}@db"
    assert named(found, "database")["stringData"]["password"] == PASSWORD
    shown = str([attempt.hidden.shown(one) for one in found])
    assert PASSWORD not in shown
    assert len(attempt.inputs_beside) == 1
    assert "values.yaml" in attempt.inputs_beside[0].paths


def test_what_is_lent_decrypted_is_kept_nowhere_and_touches_no_disk(
    lending: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendering.render(of_two(lending), cast("Any", Served(BUILT_IN)))
    homes, made = [], tempfile.TemporaryDirectory

    def noted(**options: Any) -> Any:
        directory = made(**options)
        if options["prefix"].startswith("syncline-render"):
            homes.append(Path(directory.name))
        return directory

    monkeypatch.setattr(tempfile, "TemporaryDirectory", noted)
    rendering.render(of_two(lending), cast("Any", Served(BUILT_IN)))

    assert {place.parent for place in homes} == {lending.fleet.settings.private}
    assert lending.fleet.kept == set()
    assert PASSWORD.encode() not in lending.everything()


def test_what_helm_says_of_a_lent_file_holds_no_decrypted_value(lending: Team) -> None:
    written(
        lending.fleet.tree.root, {"web/templates/map.yaml": "{{ fail .Values.database.password }}"}
    )

    with pytest.raises(RenderFailed) as caught:
        rendering.render(of_two(lending), cast("Any", Served(BUILT_IN)))

    assert PASSWORD not in str(caught.value)
    assert str(caught.value).startswith("source 1 (web of Repository/shop)")


def test_what_was_rendered_without_keys_is_not_taken_for_what_it_is_with_them(team: Team) -> None:
    team.keys = None
    _, (before,) = team.render("quiet")  # nothing encrypted is in it as it is
    team.keys = KEY

    _, (after,) = team.render("quiet")

    assert after["data"]["url"] == f"postgres://shop:{len(PASSWORD)}@db"
    assert before != after
