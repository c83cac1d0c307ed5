"""Rendering on the machine of who asks: the real renderers, from directories."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.api.fleets import Fleet
from tests.cli.conftest import Run
from tests.sops.make import KEYS, SEALED

EXAMPLES = Path(__file__).parents[2] / "examples"
FLEET = str(EXAMPLES / "fleet")
HERE = f"--local={EXAMPLES}"


def objects(text: str) -> dict[str, dict[str, Any]]:
    found = [each for each in yaml.safe_load_all(text) if each]
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in found}


@pytest.mark.parametrize("name", ["site@east", "shop/queue", "guestbook", "board"])
def test_documents_and_a_directory_are_enough(syncline: Run, name: str) -> None:
    ended = syncline("render", name, HERE, "-f", FLEET)

    assert ended.exit == 0, ended.err
    assert ended.out.startswith(f"# {name.partition('@')[0]}@")
    assert all(each["metadata"]["namespace"] for each in objects(ended.out).values())


def test_what_a_source_lends_another_is_explained_as_it_is_written(syncline: Run) -> None:
    ended = syncline("render", "board", HERE, "-f", FLEET, "--explain")

    told = yaml.safe_load(ended.out)
    assert set(told["inputs"]) >= {"apps/site", "$settings/settings/board.yaml"}


def test_what_is_not_committed_is_rendered(syncline: Run, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/config.yaml").write_text("[core]")
    (tmp_path / "app00").mkdir()
    (tmp_path / "app00/map.yaml").write_text(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: mine}, data: {a: '${where}'}}\n"
        "---\n{apiVersion: v1, kind: Secret, metadata: {name: hidden}, stringData: {a: open}}\n"
        "---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n"
    )
    documents = tmp_path / "documents.yaml"
    documents.write_text(
        "{apiVersion: syncline.dev/v1alpha1, kind: Application, metadata: {name: web}, spec: {"
        "source: {repository: shop, path: app00}, destination: {cluster: west, namespace: shop},"
        "parameters: {where: 'on {{ cluster.name }}'}}}"
    )

    ended = syncline("render", f"--local=shop={tmp_path}", "-f", str(documents))

    found = objects(ended.out)
    assert (ended.exit, ended.err) == (0, "")
    assert found["ConfigMap/mine"]["data"] == {"a": "on west"}
    assert found["ConfigMap/mine"]["metadata"]["namespace"] == "shop"
    assert "namespace" not in found["Namespace/shop"]["metadata"]
    assert "open" not in ended.out


def test_applications_of_the_server_are_rendered_from_a_directory(
    syncline: Run, fleet: Fleet, tmp_path: Path
) -> None:
    fleet.grid(applications=1, clusters=2)
    (tmp_path / "app00").mkdir()
    (tmp_path / "app00/kustomization.yaml").write_text("configMapGenerator: [{name: made}]")

    ended = syncline("render", "app00", f"--local={tmp_path}")
    explained = syncline("render", "app00@c01", f"--local={tmp_path}", "--explain")

    assert (ended.exit, ended.err) == (0, "")
    assert ended.out.count("kind: ConfigMap") == 2
    assert "# app00@c01 at no commit" in ended.out
    told = yaml.safe_load(explained.out)
    assert told["renderer"].startswith("kustomize v")
    assert set(told["inputs"]) >= {"app00/kustomization.yaml", "app00/Kustomization"}


def test_what_does_not_render_is_told(syncline: Run, tmp_path: Path) -> None:
    ended = syncline("render", "guestbook", f"--local={tmp_path}", "-f", FLEET)

    assert ended.exit != 0
    assert "PathNotFound: Repository/fleet: apps/guestbook does not exist" in ended.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("web", "-f", FLEET), "-f needs --local"),
        (("web", HERE, "--revision", "v1"), "exclude one another"),
        ((), "name an application"),
        (
            ("ghost", HERE, "-f", FLEET),
            "name one of their applications: board, guestbook, shop/queue, site",
        ),
        ((HERE, "-f", FLEET), "name one of their applications"),
        (("site@mars", HERE, "-f", FLEET), "none of the documents is a Cluster that it is for"),
        (("guestbook", "--local=/nowhere", "-f", FLEET), "/nowhere, which --local names"),
    ],
)
def test_what_cannot_be_rendered_here_is_said(
    syncline: Run, arguments: tuple[str, ...], said: str
) -> None:
    ended = syncline("render", *arguments)

    assert ended.exit != 0
    assert said in " ".join(ended.err.split())


def test_encrypted_files_are_read_by_keys_of_this_machine(
    syncline: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.yaml").write_text((SEALED / "config.yaml").read_text())
    documents = tmp_path / "documents.txt"
    documents.write_text(
        "{apiVersion: syncline.dev/v1alpha1, kind: Application, metadata: {name: web}, spec: {"
        "source: {repository: shop}, destination: {cluster: west, namespace: shop}}}\n"
        "---\n{apiVersion: syncline.dev/v1alpha1, kind: Repository, metadata: {name: shop}, spec: {"
        "url: https://git.example/shop,"
        "decryption: {keys: [{type: age, ref: env:SYNCLINE_CRED_SHOP}]}}}"
    )
    asked = ("render", f"--local=shop={tmp_path}", "-f", str(documents))
    without = syncline(*asked)
    monkeypatch.setenv("SYNCLINE_CRED_SHOP", (KEYS / "shop.age").read_text())

    ended = syncline(*asked)

    assert "env:SYNCLINE_CRED_SHOP is not set" in without.err
    found = objects(ended.out)["ConfigMap/database"]
    assert found["data"] == {"url": "******", "replicas": "3"}


SEVERAL = """\
apiVersion: syncline.dev/v1alpha1
kind: Application
metadata: {name: web}
spec:
  sources:
    - {repository: charts, path: web, helm: {valueFiles: [$settings/west.yaml]}}
    - {repository: envs, name: settings}
  destination: {cluster: west}
"""


def test_each_source_has_a_directory_of_its_own(syncline: Run, tmp_path: Path) -> None:
    chart, envs = tmp_path / "charts", tmp_path / "envs"
    (chart / "web/templates").mkdir(parents=True)
    envs.mkdir()
    (tmp_path / "documents.yaml").write_text(SEVERAL)
    (chart / "web/Chart.yaml").write_text("{apiVersion: v2, name: web, version: 1.0.0}")
    (chart / "web/templates/map.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made}\ndata: {a: {{ .Values.a }}}\n"
    )
    (envs / "west.yaml").write_text("a: of-west")

    ended = syncline(
        *("render", f"--local=charts={chart}", f"--local=envs={envs}"),
        *("-f", str(tmp_path / "documents.yaml")),
    )

    assert (ended.exit, ended.err) == (0, "")
    assert objects(ended.out)["ConfigMap/made"]["data"] == {"a": "of-west"}


def test_a_variable_that_lies_in_a_cluster_is_not_here(syncline: Run, tmp_path: Path) -> None:
    (tmp_path / "documents.yaml").write_text(
        "{apiVersion: syncline.dev/v1alpha1, kind: Application, metadata: {name: web}, spec: {"
        "source: {repository: shop}, destination: {cluster: west},"
        "variables: {host: {configMap: {name: ingress, key: host}}},"
        "parameters: {host: '{{ variables.host }}'}}}"
    )

    ended = syncline("render", f"--local=shop={tmp_path}", "-f", str(tmp_path / "documents.yaml"))

    assert ended.exit != 0
    assert "render without --local" in ended.err
