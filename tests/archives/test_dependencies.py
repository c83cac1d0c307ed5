"""Charts that a chart in Git depends on, from repositories and registries that are registered."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from syncline.errors import NotFound, RenderFailed, RevisionNotFound, SynclineError
from syncline.model import yaml
from syncline.model.records import RepositoryRecord
from syncline.model.source import Source
from syncline.settings import RenderSettings
from syncline_workers.archives import registered
from syncline_workers.archives.kinds import AllRepositories
from syncline_workers.archives.registered import Given
from syncline_workers.pipeline import rendering
from syncline_workers.pipeline.remembered import Remembered, Result
from syncline_workers.renderers import remote, render
from syncline_workers.renderers.plan import Rendered, RenderPlan
from tests.archives.desk import Desk, basic, record
from tests.archives.test_fleet import by_name
from tests.harness import charts
from tests.harness.charts import ChartRepository
from tests.harness.dirtree import DirTree
from tests.harness.registry import Registry
from tests.harness.webserver import serving
from tools import programs


def parent(root: Path, *lines: str, lock: str = "", **files: str) -> DirTree:
    """A chart in Git, with these dependencies."""
    head = "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n"
    locked = {"Chart.lock": lock} if lock else {}
    asked = "".join(f"- {line}\n" for line in lines)
    charts.written(root, "shop", "1.0.0", {"Chart.yaml": head + asked, **locked, **files})
    return DirTree(root)


def wants(name: str, version: str, where: str, **more: str) -> str:
    pairs = {"name": name, "version": f'"{version}"', "repository": f'"{where}"', **more}
    return "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"


def rendered(repositories: AllRepositories, tree: DirTree) -> Rendered:
    plan = RenderPlan(source=Source(repository="git"), name="rel", namespace="ns")
    settings = RenderSettings(helm=str(programs.find("helm").path))
    return render.render(repositories.reaching(tree), plan, settings)


def by_helm(tree: DirTree, scratch: Path) -> list[str]:
    """What helm makes of the same, once it has fetched the dependencies; leaves the lock."""
    copy = scratch / "by-helm"
    shutil.copytree(tree.root, copy)
    charts.helm("dependency", "update", copy, cwd=scratch)
    text = charts.helm("template", "rel", copy, "--namespace=ns", cwd=scratch)
    if (copy / "Chart.lock").exists():
        shutil.copy(copy / "Chart.lock", tree.root / "Chart.lock")
    return by_name(yaml.load_all(text, source="helm"))


DB = {"templates/main.yaml": charts.config_map('"{{ .Chart.Name }} {{ .Chart.Version }}"', "db")}
CACHE = {"templates/main.yaml": charts.config_map('"cache"', "{{ .Values.name }}")}


def test_a_locked_dependency_renders_as_helm_does(
    served: ChartRepository, desk: Desk, tmp_path: Path
) -> None:
    served.publish("db", "1.0.0", **DB)
    digest = served.publish("cache", "2.0.0", **CACHE)
    tree = parent(
        tmp_path / "git",
        wants("db", "^1", served.url),
        wants("cache", "2.x", served.url, alias="one"),
        wants("cache", "2.x", served.url, alias="two"),
        **{"values.yaml": "greeting: hi\none: {name: a}\ntwo: {name: b}\n"},
    )
    theirs = by_helm(tree, tmp_path)
    served.publish("db", "1.1.0", **DB)  # newer than the lock

    ours = rendered(desk.open(registered=[record(served.url)]), tree)

    assert by_name(ours.manifests) == theirs
    name = remote.write(remote.Remote(served.url, "cache", "2.0.0"))
    assert ours.inputs[name] == digest
    assert {path for path in ours.inputs if remote.is_remote(path)} == {
        name,
        remote.write(remote.Remote(served.url, "db", "1.0.0")),
    }


def test_a_registrys_dependency_renders_too(
    registry: Registry, room: str, desk: Desk, tmp_path: Path
) -> None:
    archive = tmp_path / "db-1.0.0.tgz"
    archive.write_bytes(charts.packaged("db", "1.0.0", tuple(DB.items())))
    registry.push_chart(archive, f"{room}/charts")
    tree = parent(tmp_path / "git", wants("db", "1.0.0", f"oci://{registry.address}/{room}/charts"))
    own = record(f"{registry.url}/{room}", "oci")

    ours = rendered(desk.open(registered=[own]), tree)

    assert [one["metadata"]["name"] for one in ours.manifests] == ["db", "web"]


def test_a_range_without_a_lock_is_what_it_means_now(
    served: ChartRepository, desk: Desk, tmp_path: Path
) -> None:
    old = served.publish("db", "1.0.0", **DB)
    tree = parent(tmp_path / "git", wants("db", "^1", served.url))
    name = remote.write(remote.Remote(served.url, "db", "^1"))
    mine = desk.open(registered=[record(served.url)])

    assert rendered(mine, tree).inputs[name] == old
    served.publish("db", "1.1.0", **DB)

    # as long as the repository's interval, and then by what is looked up anew
    assert mine.reaching(tree).ids([name]) == {name: old}


def test_what_was_made_of_charts_of_elsewhere_is_not_taken_for_the_commits(
    served: ChartRepository,
) -> None:
    memory = Remembered()
    attempt: Any = SimpleNamespace(ports=SimpleNamespace(remembered=memory))
    at: Any = SimpleNamespace(repository=record(served.url), named="c" * 40)
    name = remote.write(remote.Remote(served.url, "db", "^1"))

    for plan, inputs in (("own", {".": "1"}), ("with charts", {".": "1", name: "a" * 64})):
        sought: Any = SimpleNamespace(at=at, here=plan)
        result = Result(key="k", inputs=inputs, manifests=())
        rendering._kept(attempt, sought, result, b"packed")

    commit = rendering._commit(at)
    assert memory.result(commit, "own") is not None
    assert memory.result(commit, "with charts") is None


def test_what_a_version_means_is_asked_once_for_a_host(
    registry: Registry, room: str, desk: Desk, tmp_path: Path
) -> None:
    archive = tmp_path / "db-1.0.0.tgz"
    archive.write_bytes(charts.packaged("db", "1.0.0", tuple(DB.items())))
    registry.push_chart(archive, room)
    name = remote.write(remote.Remote(f"oci://{registry.address}/{room}", "db", "1.0.0"))
    own = record(f"{registry.url}/{room}", "oci")
    tree = DirTree(tmp_path)

    first = desk.open(registered=[own]).reaching(tree).ids([name])
    turns = Turns()
    second = desk.open(hosts=turns, registered=[own]).reaching(tree).ids([name])

    assert first == second
    assert len(first[name]) == 64
    assert turns.entered == 0


class Turns:
    """Counts requests."""

    entered = 0

    def enter(self, _host: str, _seconds: float) -> object:
        self.entered += 1
        raise AssertionError


@pytest.fixture
def elsewhere() -> Iterator[str]:
    with serving() as web:
        yield web.url
        assert web.asked == []


def test_a_host_that_nobody_registered_is_not_asked(
    elsewhere: str, desk: Desk, tmp_path: Path
) -> None:
    tree = parent(tmp_path / "git", wants("db", "1.0.0", elsewhere))

    with pytest.raises(NotFound, match="below the URL of no registered repository") as refused:
        rendered(desk.open(registered=[record("https://charts.example")]), tree)

    assert "register a Repository of type helm" in str(refused.value)


def test_a_dependency_is_fetched_with_the_credential_of_its_repository(
    served: ChartRepository, desk: Desk, tmp_path: Path
) -> None:
    served.publish("db", "1.0.0", **DB)
    served.wants = "Basic YW5uYTpzM2NyZXQ="
    tree = parent(tmp_path / "git", wants("db", "1.0.0", served.url))
    own = record(served.web.url, credential=basic(served.web.url))
    mine = desk.open({"SYNCLINE_CRED_CHARTS": "anna:s3cret"}, registered=[own])

    assert len(rendered(mine, tree).manifests) == 2


def test_an_alias_names_a_registered_repository(
    served: ChartRepository, desk: Desk, tmp_path: Path
) -> None:
    served.publish("db", "1.0.0", **DB)
    tree = parent(tmp_path / "git", wants("db", "1.0.0", "@charts"))

    assert len(rendered(desk.open(registered=[record(served.url)]), tree).manifests) == 2


def test_what_is_vendored_is_not_fetched(elsewhere: str, desk: Desk, tmp_path: Path) -> None:
    inner = {f"charts/db/{path}": text for path, text in DB.items()}
    inner["charts/db/Chart.yaml"] = "apiVersion: v2\nname: db\nversion: 1.0.0\n"
    tree = parent(tmp_path / "git", wants("db", "1.0.0", elsewhere), **inner)

    assert len(rendered(desk.open(), tree).manifests) == 2


def test_a_lock_of_other_dependencies_is_refused(
    served: ChartRepository, desk: Desk, tmp_path: Path
) -> None:
    served.publish("db", "1.0.0", **DB)
    served.publish("cache", "1.0.0", **CACHE)
    tree = parent(tmp_path / "git", wants("db", ">=1.0.0 <2", served.url))
    by_helm(tree, tmp_path)
    mine = desk.open(registered=[record(served.url)])
    assert len(rendered(mine, tree).manifests) == 2

    for changed in (wants("db", ">=1.0.0 <3", served.url), wants("cache", "1", served.url)):
        lock = (tree.root / "Chart.lock").read_text()
        other = parent(tmp_path / changed[7:9], changed, lock=lock)
        with pytest.raises(RenderFailed, match=r"Chart.lock is of other dependencies"):
            rendered(mine, other)


def test_a_version_that_is_not_there_is_told(
    served: ChartRepository, desk: Desk, tmp_path: Path
) -> None:
    served.publish("db", "1.0.0", **DB)
    tree = parent(tmp_path / "git", wants("db", "3.0.0", served.url))
    mine = desk.open(registered=[record(served.url)])
    name = remote.write(remote.Remote(served.url, "db", "3.0.0"))

    with pytest.raises(RevisionNotFound, match=r"db has no version 3.0.0: the newest is 1.0.0"):
        rendered(mine, tree)
    assert mine.reaching(tree).ids([name, "Chart.yaml"])[name] == ""


def records(**urls: str) -> Given:
    kinds = {"git": "git", "helm": "helm", "oci": "oci"}
    return Given(
        [
            RepositoryRecord(uid=name, name=name, spec=record(url, kinds[name[:-1]]).spec)
            for name, url in urls.items()
        ]
    )


@pytest.mark.parametrize(
    ("url", "name", "asked"),
    [
        ("https://a.example/charts", "helm1", "https://a.example/charts"),
        ("https://a.example/charts/deep", "helm2", "https://a.example/charts/deep"),
        ("https://a.example/charts/deep/er", "helm2", "https://a.example/charts/deep/er"),
        ("oci://a.example/org/x", "oci1", "oci://a.example/org/x"),
        ("oci://b.example/org", "oci2", "http://b.example/org"),
        ("https://a.example/chartsofmine", None, ""),
        ("https://a.example.evil/charts", None, ""),
        ("http://a.example/charts", None, ""),
        ("https://a.example/charts/../x", None, ""),
        ("https://git.example/charts", None, ""),
        ("@helm1", "helm1", "https://a.example/charts"),
        ("alias:oci1", "oci1", "oci://a.example/org"),
        ("@git1", None, ""),
    ],
)
def test_a_dependency_comes_from_below_a_registered_url(
    url: str, name: str | None, asked: str
) -> None:
    known = records(
        helm1="https://a.example/charts",
        helm2="https://a.example/charts/deep",
        oci1="oci://a.example/org",
        oci2="http://b.example/org",
        git1="https://git.example/charts",
    )

    if name is None:
        with pytest.raises(SynclineError):
            registered.found(known, url, about="shop")
    else:
        found = registered.found(known, url, about="shop")
        assert (found.name, found.spec.url) == (name, asked)


def test_inputs_know_a_chart_of_elsewhere_from_a_path() -> None:
    written: Mapping[str, remote.Remote] = {
        remote.write(one): one
        for one in (
            remote.Remote("https://a.example/charts", "db", "^1 || ^2"),
            remote.Remote("oci://a.example:5000/org", "db", "1.0.0+b"),
            remote.Remote("@charts", "db", "*"),
        )
    }

    assert all(remote.is_remote(name) for name in written)
    assert {name: remote.parse(name) for name in written} == written
    assert not any(remote.is_remote(path) for path in ("chart:/x", "chart:", "charts/db", "."))
