"""Charts in a fleet: what a look-up of a repository comes to, and what an archive renders to."""

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from syncline.errors import InvalidDocument
from syncline.model import yaml
from syncline.model.names import Uid
from syncline.model.records import RepositoryRecord
from syncline.model.run import Inputs
from syncline.model.source import Source
from syncline.settings import RenderSettings
from syncline_workers.archives.kinds import AllRepositories
from syncline_workers.pipeline import resolve
from syncline_workers.pipeline.lookup import lookup
from syncline_workers.renderers import render
from syncline_workers.renderers.plan import RenderPlan
from tests.archives.desk import named, record
from tests.harness import charts
from tests.harness.charts import ChartRepository
from tests.pipeline.twins import Lookups, ports
from tools import programs

R1 = Uid("r1")


@dataclass
class Followed(Lookups):
    """What targets follow of a chart repository."""

    of: RepositoryRecord = field(default_factory=lambda: record("https://charts.example"))

    def repository(self, _uid: Uid) -> RepositoryRecord:
        return self.of


@pytest.mark.usefixtures("always_ask")
def test_a_look_up_compares_what_renders_read(
    served: ChartRepository, repositories: AllRepositories
) -> None:
    first = served.publish("web", "1.0.0", **{"extra.txt": "a"})
    own = record(served.url)
    with repositories.tree(own, f"web@{first}") as tree:
        whole = tree.ids(["."])
    learned = {
        "templates": Inputs(repository="r1", paths=tree.ids(["templates"]), revision="web@^1"),
        "whole": Inputs(repository="r1", paths=whole, revision="web@^1"),
    }
    second = served.publish("web", "1.1.0", **{"extra.txt": "b"})
    follows = Followed({"web@^1": first, "web@1.0.0": first}, {"web@^1": learned}, of=own)

    report = lookup(ports(repositories=repositories, lookups=follows), R1)

    assert report is not None
    assert report.heads == {"web@^1": second, "web@1.0.0": first}
    assert report.affected == {"web@^1": ("whole",)}
    assert report.unaffected == {"web@^1": ("templates",)}


def settings() -> RenderSettings:
    return RenderSettings(helm=str(programs.find("helm").path))


def test_a_chart_renders_as_helm_template_does(
    served: ChartRepository, repositories: AllRepositories
) -> None:
    digest = served.publish(
        "web",
        "1.0.0",
        **{
            "crds/thing.yaml": CRD,
            "templates/_names.tpl": '{{ define "web.name" }}{{ .Release.Name }}-x{{ end }}',
            "templates/files.yaml": charts.config_map(A_FILE, name="file"),
            "templates/NOTES.txt": "hello",
            "notes/a.txt": "a file\n",
            ".helmignore": "*.orig\n",
            "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 0.1.0\n",
            "charts/db/templates/db.yaml": charts.config_map('{{ include "web.name" . }}', "db"),
            "ci/prod.yaml": "greeting: bye\n",
        },
    )
    source = Source.model_validate(
        {"repository": "charts", "chart": "web", "helm": {"valueFiles": ["ci/prod.yaml"]}}
    )

    with repositories.tree(record(served.url), f"web@{digest}") as tree:
        ours = render.render(
            tree, RenderPlan(source=source, name="shop", namespace="ns"), settings()
        )

    (served.root / "prod.yaml").write_text("greeting: bye\n")
    theirs = charts.helm(
        "template", "shop", f"{served.url}/web-1.0.0.tgz", "--namespace=ns", "--include-crds",
        "--skip-tests", "--values=prod.yaml", cwd=served.root,
    )  # fmt: skip
    assert by_name(ours.manifests) == by_name(yaml.load_all(theirs, source="helm template"))
    assert set(ours.inputs) == {".", "ci/prod.yaml"}


A_FILE = '{{ .Files.Get "notes/a.txt" | quote }}'
CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
"""


def by_name(manifests: Any) -> list[str]:
    """Object for object, in whatever order."""
    return sorted(yaml.dump(one) for one in manifests if one)


@dataclass
class Asked:
    """What a run asks for: a chart, perhaps at another version than its document's."""

    source: Source
    repository: RepositoryRecord
    revision: str | None = None

    def claim(self) -> Any:
        spec = SimpleNamespace(source=self.source)
        return SimpleNamespace(
            repository=self.repository,
            head="",
            request=SimpleNamespace(revision=self.revision, operation=""),
            application=SimpleNamespace(name="shop", spec=spec),
        )


def test_a_run_may_ask_for_another_version(
    served: ChartRepository, repositories: AllRepositories
) -> None:
    old, new = served.publish("web", "1.0.0"), served.publish("web", "1.1.0")
    asked = Asked(Source(repository="charts", chart="web"), record(served.url))

    def meant(asked: Asked) -> str:
        return resolve.resolve(ports(repositories=repositories), asked.claim())

    assert meant(asked) == new
    assert meant(replace(asked, revision="1.0.0")) == old
    assert meant(replace(asked, revision=old)) == old


def test_a_chart_of_a_git_repository_is_told(repositories: AllRepositories) -> None:
    git = record("https://git.example/shop", None)
    asked = Asked(Source(repository="charts", chart="web"), git)

    with pytest.raises(InvalidDocument, match="but Repository/charts is a Git one"):
        resolve.resolve(ports(repositories=repositories), asked.claim())


def test_the_same_version_again_is_the_same_revision(
    served: ChartRepository, repositories: AllRepositories
) -> None:
    digest = served.publish("web", "1.0.0")

    assert {named(repositories, record(served.url), "web@1.0.0") for _ in range(2)} == {digest}
