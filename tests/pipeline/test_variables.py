"""Variables of an application, read from a real kube-apiserver."""

from base64 import b64encode
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from syncline.errors import CredentialRefused, InvalidDocument
from syncline.model import template
from syncline.model.application import ApplicationSpec
from syncline.model.cluster import ClusterSpec
from syncline.model.values import Manifest
from syncline.store import keys, readings
from syncline.store.connection import Store
from syncline_workers.app.desk import StoreDesk
from syncline_workers.cluster.api import Api
from syncline_workers.pipeline import masking, rendering
from syncline_workers.pipeline.attempt import Attempt
from tests.cluster.conftest import api, connect, namespace
from tests.harness.apiserver import ApiServer
from tests.harness.dirtree import written
from tests.harness.redis_fixtures import redis_server, redis_session, store
from tests.pipeline.rendered import Fleet, host
from tests.pipeline.twins import CLUSTER

__all__ = ["api", "connect", "namespace", "redis_server", "redis_session", "store"]

pytestmark = pytest.mark.cluster

SECRET = "hunter2-of-the-cluster"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: seen\ndata:\n"
FILES = {
    "files/map.yaml": MAP
    + "  size: '${size}'\n  zone: ${zone:=eu}\n  url: x://${password:=none}\n",
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/templates/map.yaml": MAP + "  seen: {{ .Values | toJson | quote }}\n",
    "web/values-prod.yaml": "replicas: ${size}\n",
    "over/kustomization.yaml": "resources: [map.yaml]\n",
    "over/map.yaml": MAP + "  size: ${size}\n",
}


@dataclass
class Team:
    """An application on one cluster, whose namespace is the test's own."""

    fleet: Fleet
    api: Api
    server: ApiServer
    namespace: str
    values: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)

    def holds(self, kind: str, data: dict[str, str], *, of: str = "", **meta: Any) -> None:
        plural = f"{kind.lower()}s"
        held = {key: b64encode(text.encode()).decode() for key, text in data.items()}
        body = {
            "apiVersion": "v1",
            "kind": kind,
            "metadata": {"name": "held", **meta},
            "data": held if kind == "Secret" else data,
        }
        self.server.call("POST", f"/api/v1/namespaces/{of or self.namespace}/{plural}", body)

    def attempt(self, path: str, variables: dict[str, Any], **spec: Any) -> Attempt:
        attempt = self.fleet.attempt(path)
        claim = attempt.claim
        told = {
            "source": {"repository": "shop", "path": path, **spec.pop("source", {})},
            "destination": {"cluster": "west", "namespace": self.namespace},
            "variables": variables,
            **spec,
        }
        application = claim.application.model_copy(
            update={"spec": ApplicationSpec.model_validate(told)}
        )
        known = ClusterSpec(kubeconfig="file:west", values=self.values)
        cluster = CLUSTER.model_copy(update={"spec": known, "labels": self.labels})
        attempt.claim = claim.model_copy(update={"application": application, "cluster": cluster})
        attempt.ports = replace(attempt.ports, desk=StoreDesk(self.fleet.store, cast("Any", None)))
        attempt.parameters = template.resolve(
            application.spec.parameters, cluster, subject="web", find=template.left
        )
        return attempt

    def render(self, path: str, variables: dict[str, Any], **spec: Any) -> tuple[Attempt, Manifest]:
        attempt = self.attempt(path, variables, **spec)
        (made,) = rendering.render(attempt, self.api)
        return attempt, made

    def everything(self) -> bytes:
        """All that is in the store, and on the disk."""
        redis = self.fleet.store.redis
        stored = b"".join(redis.dump(key) or b"" for key in redis.scan_iter())
        files = (file for file in self.fleet.settings.cache.rglob("*") if file.is_file())
        return stored + b"".join(file.read_bytes() for file in files)


@pytest.fixture
def team(tmp_path: Path, store: Store, api: Api, api_server: ApiServer, namespace: str) -> Team:
    fleet = host(tmp_path, store)
    written(fleet.tree.root, FILES)
    return Team(fleet, api, api_server, namespace)


def of(kind: str, **more: str) -> dict[str, Any]:
    return {kind: {"name": "held", **more}}


def test_labels_values_and_a_config_map_give_variables(team: Team) -> None:
    team.holds("ConfigMap", {"size": "3"})
    team.labels, team.values = {"region": "north"}, {"dc": "7"}
    zone = {"value": "{{ cluster.labels.region }}-{{ cluster.values.dc }}"}

    _, made = team.render("files", {"size": of("configMap"), "zone": zone})

    assert made["data"] == {"size": "3", "zone": "north-7", "url": "x://${password:=none}"}


def test_a_chart_takes_them_in_parameters_and_value_files(team: Team) -> None:
    team.holds("ConfigMap", {"size": "3", "host": "example.com"})
    variables = {"size": of("configMap"), "domain": of("configMap", key="host")}

    _, made = team.render(
        "web",
        variables,
        parameters={"host": "web.{{ variables.domain }}", "zone": "{{ variables.size }}"},
        source={"helm": {"valueFiles": ["values-prod.yaml"]}},
    )

    assert made["data"]["seen"] == '{"host":"web.example.com","replicas":3,"zone":3}'


def test_a_kustomization_takes_them_in_manifests_and_in_what_is_laid_over_it(team: Team) -> None:
    team.holds("ConfigMap", {"size": "3"})
    over = {"kustomize": {"namePrefix": "s{{ variables.size }}-"}}

    _, made = team.render("over", {"size": of("configMap")}, source=over)

    assert (made["metadata"]["name"], made["data"]) == ("s3-seen", {"size": "3"})


MISSING: dict[str, tuple[dict[str, Any], str]] = {
    "no object": (of("configMap", name="none"), "ConfigMap/{ns}/none does not exist"),
    "no key": (of("configMap", key="none"), "ConfigMap/{ns}/held has no key 'none'; it has a"),
    "no label": ({"value": "{{ cluster.labels.x }}"}, "cluster 'west' has no label 'x'"),
    "no text": (of("secret", key="binary"), "Secret/{ns}/held holds no text under 'binary'"),
}


@pytest.mark.parametrize("case", MISSING)
def test_a_missing_variable_is_named_where_it_is_used(team: Team, case: str) -> None:
    variable, why = MISSING[case]
    team.holds("ConfigMap", {"a": "1"})
    team.server.call(
        "POST",
        f"/api/v1/namespaces/{team.namespace}/secrets",
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "held"},
         "data": {"binary": b64encode(b"\xff").decode()}},
    )  # fmt: skip
    told = why.format(ns=team.namespace)

    with pytest.raises(InvalidDocument) as in_file:
        team.render("files", {"size": variable})
    with pytest.raises(InvalidDocument) as in_parameter:
        team.render("web", {"size": variable}, parameters={"a": "{{ variables.size }}"})

    assert f"files: ${{size}} stands for a variable that is missing: {told}" in str(in_file.value)
    assert "parameter 'a': the variable 'size' is missing: " in str(in_parameter.value)
    assert told in str(in_parameter.value)


def test_what_is_missing_and_not_used_or_has_a_default_is_no_error(team: Team) -> None:
    none = of("configMap", name="none")

    _, made = team.render("files", {"size": {**none, "default": "1"}, "zone": none, "other": none})

    assert (made["data"]["size"], made["data"]["zone"]) == ("1", "eu")


def test_an_undeclared_variable_is_named(team: Team) -> None:
    with pytest.raises(InvalidDocument, match=r"spec\.variables has no 'sise'; it has size"):
        team.render("web", {"size": {"value": "1"}}, parameters={"a": "{{ variables.sise }}"})


def test_what_a_secret_holds_is_kept_nowhere_and_shown_masked(team: Team) -> None:
    team.holds("Secret", {"password": SECRET})
    variables = {"size": {"value": "1"}, "password": of("secret")}

    attempt, made = team.render("files", variables)
    again, _ = team.render("files", variables)

    assert made["data"]["url"] == f"x://{SECRET}"
    assert attempt.hidden.shown(made)["data"]["url"] == "x://******"
    assert team.fleet.opened_times == 2
    assert team.fleet.kept == set()
    assert attempt.render_key == again.render_key
    assert SECRET.encode() not in team.everything()


def test_a_name_of_a_render_tells_nothing_of_a_secret(team: Team) -> None:
    team.holds("Secret", {"password": "1"})
    given = {"parameters": {"a": "{{ variables.password }}"}}

    secret, _ = team.render("web", {"password": of("secret")}, **given)
    clear, _ = team.render("web", {"password": {"value": "1"}}, **given)

    assert secret.render_key != clear.render_key
    assert secret.parameters == {"a": "{{ variables.password }}"}


def test_a_parameter_of_a_secret_is_a_string_and_no_argument(team: Team) -> None:
    team.holds("Secret", {"pin": "4711"})

    _, made = team.render(
        "web", {"pin": of("secret")}, parameters={"a": "{{ variables.pin }}", "b": "4711"}
    )

    assert made["data"]["seen"] == '{"a":"4711","b":4711}'


def test_a_secret_elsewhere_names_who_may_read_it(team: Team) -> None:
    elsewhere = f"{team.namespace}-other"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": elsewhere}}
    team.server.call("POST", "/api/v1/namespaces", body)
    readers = {"syncline.dev/readable-by": "pay, default"}
    team.holds("Secret", {"size": "1"}, of=elsewhere)
    team.holds("Secret", {"size": "2"}, of=elsewhere, name="open", annotations=readers)

    _, made = team.render("files", {"size": of("secret", name="open", namespace=elsewhere)})
    with pytest.raises(CredentialRefused) as caught:
        team.render("files", {"size": of("secret", namespace=elsewhere)})

    assert made["data"]["size"] == "2"
    assert str(caught.value) == (
        f"Secret/{elsewhere}/held: is not in the namespace of the application web, and its "
        "annotation syncline.dev/readable-by does not name the project default: add it there, or "
        "copy the Secret"
    )


def test_each_object_is_asked_for_once_and_noted(team: Team) -> None:
    team.holds("ConfigMap", {"size": "3", "zone": "north"})
    variables = {"size": of("configMap"), "zone": of("configMap")}
    team.render("files", variables)  # learns what the cluster serves
    before = team.api.answered[0]

    attempt, _ = team.render("files", variables)

    assert team.api.answered[0] - before == 1
    (noted,) = readings.of_cluster(_alive(team, attempt), attempt.claim.cluster.uid).values()
    assert [(each.ref.name, each.keys) for each in noted] == [("held", ("size", "zone"))]


def test_an_application_without_variables_asks_for_nothing(team: Team) -> None:
    before = team.api.answered[0]

    team.render("files", {})

    assert team.api.answered[0] == before
    assert not team.fleet.store.redis.exists(keys.READINGS("c1"))


def test_clusters_that_differ_in_what_is_not_used_share_a_render(team: Team) -> None:
    team.values = {"size": "3", "other": "1"}
    variables = {"size": {"value": "{{ cluster.values.size }}"}}
    first, _ = team.render("files", variables)

    team.values = {"size": "3", "other": "2"}
    second, _ = team.render("files", variables)
    team.values = {"size": "4"}
    third, _ = team.render("files", variables)

    assert first.render_key == second.render_key != third.render_key


def test_no_error_of_a_renderer_holds_a_secret(team: Team) -> None:
    team.holds("Secret", {"password": SECRET})
    written(team.fleet.tree.root, {"web/templates/map.yaml": "{{ fail .Values.a }}"})
    attempt = team.attempt(
        "web", {"password": of("secret")}, parameters={"a": "{{ variables.password }}"}
    )

    with pytest.raises(Exception, match=r"\*{6}") as caught:
        rendering.render(attempt, team.api)

    assert SECRET not in str(caught.value)
    assert masking.error(attempt.hidden, cast("Any", caught.value)) is caught.value


def _alive(team: Team, attempt: Attempt) -> Store:
    team.fleet.store.redis.hset(keys.TARGET(attempt.claim.lease.target), "phase", "idle")
    return team.fleet.store
