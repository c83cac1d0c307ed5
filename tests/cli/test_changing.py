"""Commands that change something: documents, clusters, repositories, tokens."""

import json
from pathlib import Path

import pytest
import yaml

from syncline.model.records import RepositoryRecord
from syncline.model.repository import RepositoryType
from syncline.store import documents
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.api import fleets
from tests.api.fleets import Fleet
from tests.api.machinery import Machinery
from tests.cli.conftest import Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "apps").mkdir()
    (tmp_path / "README.md").write_text("no document")
    (tmp_path / "repo.yml").write_text(yaml.safe_dump(fleets.repository()))
    (tmp_path / "apps" / "web.yaml").write_text(
        yaml.safe_dump_all([fleets.application("web"), fleets.application("db")])
    )
    (tmp_path / "eu.json").write_text(json.dumps(fleets.cluster("eu")))
    return tmp_path


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    path = tmp_path / "kubeconfig"
    path.write_text(
        yaml.safe_dump(
            {
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:6443"}}],
                "users": [{"name": "u", "user": {"token": "hunter2"}}],
            }
        )
    )
    return path


def test_a_folder_is_applied_and_each_document_reported(syncline: Run, folder: Path) -> None:
    first = syncline("apply", "-f", str(folder))
    second = syncline("apply", "-f", str(folder / "apps"), "-f", str(folder / "repo.yml"))

    assert (first.exit, first.out.splitlines()) == (
        0,
        [
            "repository apps created",
            "cluster eu created",
            "application web created",
            "application db created",
        ],
    )
    assert second.out.splitlines() == [
        "repository apps unchanged",
        "application web unchanged",
        "application db unchanged",
    ]


def test_a_change_is_reported_as_configured(syncline: Run, folder: Path) -> None:
    syncline("apply", "-f", str(folder))
    (folder / "repo.yml").write_text(yaml.safe_dump(fleets.repository(url="https://g.example/x")))

    ended = syncline("apply", "-f", str(folder / "repo.yml"), "-o", "json")

    assert json.loads(ended.out) == {
        "items": [{"kind": "Repository", "name": "apps", "action": "configured"}]
    }


def test_a_misspelt_field_names_file_document_and_nearest_name(syncline: Run, folder: Path) -> None:
    broken = fleets.application("web")
    broken["spec"]["destination"] = {"clusters": "eu"}
    path = folder / "apps" / "web.yaml"
    path.write_text(yaml.safe_dump_all([fleets.application("db"), broken]))

    ended = syncline("apply", "-f", str(folder))

    assert (ended.exit, ended.out) == (4, "")
    assert ended.err.startswith(f"error: {path}: InvalidDocument: document 2 (Application web): ")
    assert "spec.destination.clusters: unknown field; did you mean cluster?" in ended.err


@pytest.mark.parametrize("name", ["missing.yaml", "apps/none"])
def test_a_file_that_is_missing(syncline: Run, tmp_path: Path, name: str) -> None:
    ended = syncline("apply", "-f", str(tmp_path / name))

    assert ended.exit == 2
    assert ended.err == (f"error: {tmp_path / name}: cannot be read: No such file or directory\n")


def test_an_application_is_deleted(
    syncline: Run, fleet: Fleet, machinery: Machinery, store: Store
) -> None:
    fleet.grid(applications=1, clusters=1)

    ended = syncline("delete", "application", "app00", "--reason", "too old")

    assert (ended.exit, ended.out) == (0, "application app00 deleted\n")


def test_only_an_application_leaves_orphans_on_request(syncline: Run) -> None:
    ended = syncline("delete", "cluster", "eu", "--orphan")

    assert ended.exit == 2
    assert "--orphan is for applications" in ended.err


def test_a_cluster_that_answers_is_added(
    syncline: Run, kubeconfig: Path, machinery: Machinery, store: Store
) -> None:
    arguments = ("--kubeconfig", str(kubeconfig), "--label", "zone=eu", "--label", "tier=prod")

    ended = syncline("cluster", "add", "eu", *arguments)

    record = documents.get(store, Kind.CLUSTER, "eu")
    assert (ended.exit, ended.out) == (0, "cluster eu created, Kubernetes v1.34.1\n")
    assert record is not None
    assert record.labels == {"zone": "eu", "tier": "prod"}
    assert "hunter2" not in ended.out + ended.err


def test_a_cluster_that_does_not_answer_is_refused(
    syncline: Run, kubeconfig: Path, machinery: Machinery, store: Store
) -> None:
    machinery.unreachable.add("eu")

    ended = syncline("cluster", "add", "eu", "--kubeconfig", str(kubeconfig))

    assert (ended.exit, ended.out) == (4, "")
    assert "error: Cluster/eu: ClusterUnreachable: " in ended.err
    assert "connection refused" in ended.err
    assert "--offline" in ended.err
    assert documents.get(store, Kind.CLUSTER, "eu") is None


def test_a_cluster_is_added_offline(syncline: Run, kubeconfig: Path) -> None:
    ended = syncline("cluster", "add", "eu", "--kubeconfig", str(kubeconfig), "--offline")

    assert (ended.exit, ended.out, ended.err) == (0, "cluster eu created\n", "")


def test_clusters_are_listed_and_removed(syncline: Run, fleet: Fleet) -> None:
    fleet.install(fleets.cluster("eu"), fleets.cluster("us"))

    removed = syncline("cluster", "remove", "us")
    listed = syncline("cluster", "list", "-o", "json")

    assert removed.out == "cluster us deleted\n"
    assert [item["name"] for item in json.loads(listed.out)["items"]] == ["eu"]


def test_a_repository_is_added_with_a_reference_to_its_credential(
    syncline: Run, tmp_path: Path, store: Store
) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("git.example ssh-ed25519 AAAA\n")
    arguments = ("--credential", "file:deploy-key", "--credential-type", "ssh")

    ended = syncline(
        *("repo", "add", "apps", "ssh://git@git.example/apps"),
        *(*arguments, "--known-hosts", str(hosts), "--interval", "30s"),
        *("--passphrase", "file:passphrase"),
    )

    record = documents.get(store, Kind.REPOSITORY, "apps")
    assert ended.out == "repository apps created\n"
    assert record is not None
    written = record.model_dump(mode="json", by_alias=True, exclude_defaults=True)["spec"]
    assert written == {
        "url": "ssh://git@git.example/apps",
        "credential": {
            "type": "ssh",
            "ref": "file:deploy-key",
            "urlPrefix": "ssh://git@git.example/apps",
            "knownHosts": "git.example ssh-ed25519 AAAA\n",
            "passphraseRef": "file:passphrase",
        },
        "interval": "30s",
    }


def test_a_helm_repository_is_added_by_its_type(syncline: Run, store: Store) -> None:
    syncline("repo", "add", "charts", "https://charts.example", "--type", "helm")

    record = documents.get(store, Kind.REPOSITORY, "charts")
    assert isinstance(record, RepositoryRecord)
    assert record.spec.serves is RepositoryType.HELM


def test_a_credential_itself_is_refused(syncline: Run) -> None:
    ended = syncline("repo", "add", "apps", "https://git.example/a", "--credential", "hunter2")

    assert ended.exit == 4
    assert "spec.credential.ref" in ended.err


def test_repositories_are_listed_and_removed(syncline: Run, fleet: Fleet) -> None:
    fleet.install(fleets.repository("one"), fleets.repository("two"))

    removed = syncline("repo", "remove", "two")
    listed = syncline("repo", "list")

    assert removed.out == "repository two deleted\n"
    assert [line.split()[0] for line in listed.out.splitlines()] == ["NAME", "one"]


def test_a_label_that_is_none(syncline: Run, kubeconfig: Path) -> None:
    ended = syncline(
        "cluster", "add", "eu", "--kubeconfig", str(kubeconfig), "--label", "production"
    )

    assert (ended.exit, ended.err) == (2, "error: label 'production': write key=value\n")


def test_a_token_is_made_shown_once_and_revoked(
    syncline: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = json.loads(
        syncline("token", "create", "ci", "--scope", "read", "--ttl", "1h", "-o", "json").out
    )
    listed = syncline("token", "list")
    revoked = syncline("token", "revoke", made["id"])

    assert made["token"] not in listed.out
    assert "ci" in listed.out
    assert revoked.out == f"token {made['id']} revoked\n"
    monkeypatch.setenv("SYNCLINE_TOKEN", made["token"])
    assert syncline("status").exit == 6


def test_what_was_set_aside_is_shown_and_released(syncline: Run, fleet: Fleet) -> None:
    fleet.grid(applications=2, clusters=1)
    fleet.poison("app00@c00")

    assert "1 targets were set aside: syncline get targets --aside" in syncline("status").out
    listed = syncline("get", "targets", "--aside").out.splitlines()
    assert [line.split()[0] for line in listed[1:]] == ["app00@c00"]
    assert "apply 4" in syncline("describe", "target", "app00@c00").out
    done = syncline("release", "app00@c00", "--reason", "more memory")

    assert (done.exit, done.out) == (0, "target app00@c00 runs again\n")
    refused = syncline("release", "app00@c00", "--reason", "once more")
    assert refused.exit != 0
    assert "is not set aside" in refused.err
