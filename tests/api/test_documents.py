"""Documents over the API: all of them or none, secrets never given back."""

import json

import httpx
import pytest
import yaml

from syncline.model import parse
from syncline.operations import documents as verbs
from syncline.store import documents
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.api import fleets
from tests.api.fleets import Fleet

CLUSTER = {**fleets.cluster("eu"), "spec": {"kubeconfig": "stored"}}
KUBECONFIG = "apiVersion: v1\nkind: Config\nusers: [{name: u, user: {token: hunter2}}]\n"


def test_yaml_is_taken_as_it_is(admin: httpx.Client) -> None:
    text = yaml.safe_dump_all([fleets.application("web"), fleets.repository()])

    answer = admin.post("/api/v1/apply", content=text, headers={"Content-Type": "application/yaml"})

    assert answer.json() == {
        "items": [
            {"kind": "Repository", "name": "apps", "action": "created"},
            {"kind": "Application", "name": "web", "action": "created"},
        ]
    }


def test_the_same_again_is_unchanged(admin: httpx.Client) -> None:
    body = {"documents": [fleets.repository()]}
    changed = {"documents": [fleets.repository(url="https://git.example/other")]}

    actions = [
        admin.post("/api/v1/apply", json=each).json()["items"][0]["action"]
        for each in (body, body, changed)
    ]

    assert actions == ["created", "unchanged", "configured"]


def test_one_mistake_and_nothing_is_registered(admin: httpx.Client, store: Store) -> None:
    broken = fleets.application("web")
    broken["spec"]["syncPolcy"] = {}
    files = {
        "repo.yaml": yaml.safe_dump(fleets.repository()),
        "apps/web.yaml": yaml.safe_dump(broken),
    }

    answer = admin.post("/api/v1/apply", json={"files": files})

    assert answer.status_code == 422
    assert answer.json()["error"]["subject"] == "apps/web.yaml"
    message = answer.json()["error"]["message"]
    assert message == (
        "document 1 (Application web): spec.syncPolcy: unknown field; did you mean syncPolicy?"
    )
    assert documents.get(store, Kind.REPOSITORY, "apps") is None


def test_a_bomb_of_aliases_is_refused(admin: httpx.Client) -> None:
    layers = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"] + [
        f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)
    ]

    answer = admin.post("/api/v1/apply", json={"files": {"bomb.yaml": "\n".join(layers)}})

    assert answer.status_code in (413, 422)
    assert answer.json()["error"]["subject"] == "bomb.yaml"


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data"])
def test_another_content_type_is_refused(admin: httpx.Client, kind: str) -> None:
    answer = admin.post("/api/v1/apply", content=b"x", headers={"Content-Type": kind})

    assert (answer.status_code, answer.json()["error"]["reason"]) == (400, "Malformed")


def test_a_kubeconfig_is_sealed_and_never_given_back(admin: httpx.Client, store: Store) -> None:
    body = {"documents": [CLUSTER], "kubeconfigs": {"eu": KUBECONFIG}}

    applied = admin.post("/api/v1/apply", json=body)

    shown = [admin.get("/api/v1/clusters/eu"), admin.get("/api/v1/audit"), applied]
    stored = b"".join(store.binary.dump(key) for key in store.binary.keys("*"))
    assert applied.status_code == 200
    assert not any("hunter2" in answer.text for answer in shown)
    assert b"hunter2" not in stored


def test_a_kubeconfig_of_another_type_is_refused_without_being_quoted(
    admin: httpx.Client,
) -> None:
    body = {"documents": [CLUSTER], "kubeconfigs": {"eu": {"token": "hunter2"}}}

    answer = admin.post("/api/v1/apply", json=body)

    assert answer.status_code == 422
    assert "hunter2" not in answer.text


def test_a_deleted_application_becomes_a_tombstone(admin: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)
    fleet.succeed("app00@c00")

    answer = admin.delete("/api/v1/applications/default/app00", params={"reason": "too old"})

    assert answer.json() == {"kind": "Application", "name": "app00", "action": "deleted"}
    assert admin.get("/api/v1/applications/default/app00").json()["reason"] == "Deleting"


@pytest.mark.parametrize(
    "path", ["applications/default/ghost", "clusters/ghost", "repositories/ghost"]
)
def test_what_is_not_registered_cannot_be_deleted(admin: httpx.Client, path: str) -> None:
    answer = admin.delete(f"/api/v1/{path}")

    assert (answer.status_code, answer.json()["error"]["reason"]) == (404, "NotFound")


def test_a_change_is_in_the_audit_trail(admin: httpx.Client) -> None:
    admin.post("/api/v1/apply", json={"documents": [fleets.repository()], "reason": "day one"})

    (record,) = admin.get("/api/v1/audit").json()["items"]

    kept = {key: record[key] for key in ("actor", "verb", "subject", "why")}
    assert kept == {
        "actor": "alice",
        "verb": "apply",
        "subject": "Repository/apps",
        "why": "day one",
    }


def test_the_audit_trail_is_read_page_by_page(admin: httpx.Client) -> None:
    for number in range(5):
        document = fleets.repository(f"r{number}")
        admin.post("/api/v1/apply", content=json.dumps({"documents": [document]}))

    first = admin.get("/api/v1/audit", params={"limit": 3}).json()
    second = admin.get("/api/v1/audit", params={"limit": 3, "cursor": first["cursor"]}).json()

    subjects = [record["subject"] for record in first["items"] + second["items"]]
    assert subjects == [f"Repository/r{number}" for number in (4, 3, 2, 1, 0)]
    assert second["cursor"] is None


@pytest.mark.parametrize("kind", ["Application", "Cluster", "Repository"])
def test_schemas_are_published(reader: httpx.Client, kind: str) -> None:
    schema = reader.get(f"/api/v1/schemas/{kind}").json()

    assert schema["$id"].endswith(f"syncline.dev/v1alpha1/{kind}")


def test_the_schema_of_an_unknown_kind_names_those_that_exist(reader: httpx.Client) -> None:
    answer = reader.get("/api/v1/schemas/Unicorn")

    assert answer.status_code == 404
    assert "Application, Cluster, Repository" in answer.json()["error"]["message"]


@pytest.mark.parametrize("method", ["apply", "delete"])
def test_what_the_fleet_repository_declares_cannot_be_changed(
    admin: httpx.Client, store: Store, method: str
) -> None:
    declared = parse.parse_mapping(fleets.repository(), source="test")
    verbs.register(store, declared, declared_in="fleet: repos/apps.yaml")
    other = fleets.repository(url="https://git.example/other")

    answer = (
        admin.post("/api/v1/apply", json={"documents": [other]})
        if method == "apply"
        else admin.delete("/api/v1/repositories/apps")
    )

    assert answer.status_code == 409
    assert answer.json()["error"] == {
        "reason": "Conflict",
        "subject": "Repository/apps",
        "message": "is declared in fleet: repos/apps.yaml: change it there",
        "details": [],
    }
