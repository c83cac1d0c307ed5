"""The documents in examples/: true in every part."""

from pathlib import Path

import pytest

from syncline.model import parse, template
from syncline.model.application import Application
from syncline.model.cluster import Cluster
from syncline.model.names import Uid, application_name
from syncline.model.records import ClusterRecord
from syncline.model.repository import Repository
from syncline.model.values import Manifest
from syncline.settings import RenderSettings
from syncline_workers.renderers import render
from syncline_workers.renderers.lent import WithLent
from syncline_workers.renderers.plan import RenderPlan
from tests.harness.dirtree import DirTree
from tools import programs

EXAMPLES = Path(__file__).parents[2] / "examples"
DOCUMENTS = [
    document
    for path in sorted((EXAMPLES / "fleet").glob("*.yaml"))
    for document in parse.parse_documents(path.read_bytes(), source=path.name)
]
APPLICATIONS = {one.metadata.name: one for one in DOCUMENTS if isinstance(one, Application)}
CLUSTERS = {
    one.metadata.name: ClusterRecord(
        uid=Uid("00" * 8), name=one.metadata.name, labels=one.metadata.labels, spec=one.spec
    )
    for one in DOCUMENTS
    if isinstance(one, Cluster)
}


def clusters_of(application: Application) -> list[str]:
    destination = application.spec.destination
    if destination.selector is None:
        return [str(destination.cluster)]
    return [name for name, one in CLUSTERS.items() if destination.selector.matches(one.labels)]


def rendered(name: str, cluster: str) -> dict[str, Manifest]:
    application = APPLICATIONS[name]
    settings = RenderSettings(**{name: str(programs.find(name).path) for name in programs.SETTINGS})
    tree, source = DirTree(EXAMPLES), application.spec.source
    lent = {each.name: tree for each in application.spec.sources if each.name}
    plan = RenderPlan(
        source=source,
        lent=tuple(lent),
        parameters=template.resolve(application.spec.parameters, CLUSTERS[cluster], subject=name),
        namespace=application.spec.destination.namespace or "default",
        name=name,
    )
    manifests = render.render(WithLent(tree, lent) if lent else tree, plan, settings).manifests
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in manifests}


def test_every_application_names_what_the_fleet_declares() -> None:
    repositories = {one.metadata.name for one in DOCUMENTS if isinstance(one, Repository)}

    assert {name for one in APPLICATIONS.values() for name, _ in one.spec.follows} <= repositories
    assert {name: clusters_of(one) for name, one in APPLICATIONS.items()} == {
        "board": ["lab"],
        "guestbook": ["lab"],
        "queue": ["east"],
        "site": ["east", "lab"],
    }


def test_every_application_depends_on_what_the_fleet_declares() -> None:
    names = {
        application_name(one.metadata.project, one.metadata.name) for one in APPLICATIONS.values()
    }
    parents = {each.parent for one in APPLICATIONS.values() for each in one.spec.depends_on}

    assert parents == {"shop/queue"}
    assert parents <= names


def test_the_guestbook_is_plain() -> None:
    found = rendered("guestbook", "lab")

    assert found.keys() == {"ConfigMap/guestbook", "Deployment/guestbook", "Service/guestbook"}
    assert found["Deployment/guestbook"]["spec"]["replicas"] == 1
    assert found["ConfigMap/guestbook"]["data"] == {
        "greeting": "Hello from lab",
        "script": 'echo "${HOSTNAME}"',
    }


def test_the_queue_is_an_overlay() -> None:
    found = rendered("queue", "east")

    (config,) = (name for name in found if name.startswith("ConfigMap/queue-"))
    assert found.keys() == {config, "StatefulSet/queue", "Service/queue"}
    assert found["StatefulSet/queue"]["spec"]["replicas"] == 3


@pytest.mark.parametrize(("cluster", "replicas"), [("east", 3), ("lab", 1)])
def test_the_site_is_a_chart(cluster: str, replicas: int) -> None:
    found = rendered("site", cluster)

    assert found.keys() == {"Deployment/www", "Service/www", "Ingress/www"}
    assert found["Deployment/www"]["spec"]["replicas"] == replicas
    assert found["Service/www"]["spec"]["ports"] == [{"port": 8080, "targetPort": 80}]
    assert found["Ingress/www"]["spec"]["ingressClassName"] == "nginx"
    assert found["Ingress/www"]["spec"]["rules"][0]["host"] == f"www.{cluster}.example.com"


def test_the_board_is_a_chart_with_values_of_another_source() -> None:
    found = rendered("board", "lab")

    assert [each.followed for each in APPLICATIONS["board"].spec.sources] == ["HEAD", "settings"]
    assert found["Deployment/board"]["spec"]["replicas"] == 2
    assert found["Ingress/board"]["spec"]["rules"][0]["host"] == "board.example.com"


@pytest.mark.parametrize("name", APPLICATIONS)
def test_every_parameter_is_used(name: str) -> None:
    application = APPLICATIONS[name]
    sources = EXAMPLES / application.spec.source.path
    text = "".join(path.read_text() for path in sorted(sources.rglob("*.yaml")))

    unused = [
        parameter
        for parameter in application.spec.parameters
        if f"${{{parameter}}}" not in text and f".Values.{parameter}" not in text
    ]

    assert unused == []
