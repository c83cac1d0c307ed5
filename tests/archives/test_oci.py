"""Registries: charts and artifacts by tag, version, range or digest, from a real one."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncline.errors import (
    CredentialRefused,
    InvalidDocument,
    LimitExceeded,
    RepositoryUnreachable,
    RevisionNotFound,
    UnsafePath,
)
from syncline.model import yaml
from syncline.model.repository import RepositorySpec, RepositoryType
from syncline.model.source import Source
from syncline.settings import RenderSettings
from syncline_workers.archives import grants
from syncline_workers.archives import registry as asked
from syncline_workers.archives.kinds import AllRepositories
from syncline_workers.archives.oci import FLUX
from syncline_workers.renderers import render
from syncline_workers.renderers.plan import RenderPlan
from syncline_workers.web import reach
from tests.archives.desk import Desk, basic, named, record
from tests.archives.test_fleet import by_name
from tests.archives.test_unpacking import member, packed
from tests.harness import charts
from tests.harness import registry as registries
from tests.harness.charts import ChartRepository
from tests.harness.registry import Registry
from tests.harness.webserver import Reply, serving
from tools import programs

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
INDEX = "application/vnd.oci.image.index.v1+json"


def pushed(registry: Registry, room: str, *versions: str) -> None:
    """Push a chart by helm."""
    for version in versions:
        archive = registry.root / f"web-{version}.tgz"
        archive.write_bytes(charts.packaged("web", version))
        registry.push_chart(archive, room)


def bundle(text: str = "a: 1\n", name: str = "deploy/app.yaml") -> bytes:
    return packed([member(name, text.encode())])


def read(repositories: AllRepositories, url: str, revision: str, path: str) -> bytes:
    own = record(url, "oci")
    with repositories.tree(own, named(repositories, own, revision)) as tree:
        return tree.read(path)


@pytest.mark.parametrize(
    ("revision", "version"),
    [
        ("1.0.0", "1.0.0"),
        ("^1.0", "1.2.0"),
        ("<1.1", "1.0.0"),
        (">=1.0.0-0", "2.0.0-rc.1"),
        ("HEAD", "1.2.0"),
        ("1.1.0+b1", "1.1.0+b1"),
    ],
)
def test_a_chart_is_found_by_its_version(
    registry: Registry, repositories: AllRepositories, revision: str, version: str
) -> None:
    if not (registry.root / "versions").exists():
        pushed(registry, "versions", "1.0.0", "1.1.0", "1.1.0+b1", "1.2.0", "2.0.0-rc.1")
        (registry.root / "versions").touch()
    own = record(f"{registry.url}/versions", "oci")

    digest = named(repositories, own, f"web@{revision}")

    with repositories.tree(own, f"web@{digest}") as tree:
        assert f"version: {version}\n".encode() in tree.read("Chart.yaml")


def test_a_chart_renders_as_helm_template_does(
    registry: Registry, room: str, repositories: AllRepositories
) -> None:
    pushed(registry, room, "1.0.0")
    own = record(f"{registry.url}/{room}", "oci")
    plan = RenderPlan(source=Source(repository="charts", chart="web"), name="shop", namespace="ns")
    settings = RenderSettings(helm=str(programs.find("helm").path))

    with repositories.tree(own, f"web@{named(repositories, own, 'web@1.0.0')}") as tree:
        ours = render.render(tree, plan, settings)

    chart = f"oci://{registry.address}/{room}/web"
    theirs = charts.helm(
        "template", "shop", chart, "--version=1.0.0", "--plain-http", "--namespace=ns",
        cwd=registry.root,
    )  # fmt: skip
    assert by_name(ours.manifests) == by_name(yaml.load_all(theirs, source="helm template"))


def test_the_digest_is_the_manifests(
    registry: Registry, room: str, repositories: AllRepositories
) -> None:
    digest = registry.push(room, "v1", (FLUX, bundle()))

    assert named(repositories, record(f"{registry.url}/{room}", "oci"), "v1") == digest
    assert read(repositories, f"{registry.url}/{room}", f"sha256:{digest}", "deploy/app.yaml")


@pytest.mark.parametrize("kind", [FLUX, LAYER])
def test_a_plain_artifact_is_read_from_its_root(
    registry: Registry, room: str, repositories: AllRepositories, kind: str
) -> None:
    registry.push(room, "latest", (kind, bundle()))

    assert read(repositories, f"{registry.url}/{room}", "HEAD", "deploy/app.yaml") == b"a: 1\n"
    assert read(repositories, f"{registry.url}/{room}", "latest", "deploy/app.yaml") == b"a: 1\n"


def test_a_tag_that_moved_is_another_revision(
    registry: Registry, room: str, repositories: AllRepositories
) -> None:
    own = record(f"{registry.url}/{room}", "oci")
    registry.push(room, "main", (FLUX, bundle("a: 1\n")))
    first = named(repositories, own, "main")

    registry.push(room, "main", (FLUX, bundle("a: 2\n")))

    second = named(repositories, own, "main")
    assert first != second
    with repositories.tree(own, first) as old, repositories.tree(own, second) as new:
        assert (old.read("deploy/app.yaml"), new.read("deploy/app.yaml")) == (b"a: 1\n", b"a: 2\n")


def test_who_made_an_artifact_is_told(
    registry: Registry, room: str, repositories: AllRepositories
) -> None:
    notes = {
        "org.opencontainers.image.revision": "main@sha1:abc",
        "org.opencontainers.image.created": "2026-01-02T03:04:05Z",
    }
    digest = registry.push(room, "v1", (FLUX, bundle()), annotations=notes)
    own = record(f"{registry.url}/{room}", "oci")

    with repositories.tree(own, digest):
        pass

    told = repositories.commit(own, digest)
    assert told is not None
    assert (told.message, told.at) == ("main@sha1:abc", 1767323045.0)


def test_tags_are_listed_page_by_page(
    registry: Registry, room: str, repositories: AllRepositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "PAGE", 2)
    digests = [registry.push(room, f"1.{n}.0", (FLUX, bundle(f"n: {n}\n"))) for n in range(5)]

    assert named(repositories, record(f"{registry.url}/{room}", "oci"), "1.*") == digests[-1]

    monkeypatch.setattr(asked, "PAGES", 2)
    with pytest.raises(LimitExceeded, match="more than 4 tags"):
        named(repositories, record(f"{registry.url}/{room}", "oci"), "1.*")


def test_what_is_not_there_is_told(
    registry: Registry, room: str, repositories: AllRepositories
) -> None:
    registry.push(room, "1.0.0", (FLUX, bundle()))
    own = record(f"{registry.url}/{room}", "oci")

    found = repositories.resolve(own, ["2.x", "prod", "1.0.0", "web@1.0.0"])

    assert set(found.commits) == {"1.0.0"}
    where = f"{registry.address}/{room}"
    assert str(found.missing["2.x"]) == (
        f"Repository/charts: {where} has no version 2.x: the newest is 1.0.0"
    )
    assert str(found.missing["web@1.0.0"]) == (
        f"Repository/charts: there is no {where}/web, or it is not for everybody: spec.url of the "
        "repository and spec.source.chart together name it"
    )


def indexed(served: ChartRepository, url: str, digest: str) -> None:
    entry = {"version": "1.0.0", "digest": digest, "urls": [url]}
    (served.served / "index.yaml").write_text(json.dumps({"entries": {"web": [entry]}}))


def test_an_index_may_lead_to_a_registry(
    registry: Registry,
    room: str,
    served: ChartRepository,
    repositories: AllRepositories,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pushed(registry, room, "1.0.0")
    digest = charts.digest(registry.root / "web-1.0.0.tgz")
    indexed(served, f"oci://{registry.address}/{room}/web:1.0.0", digest)
    own = record(served.url)

    with (
        pytest.raises(RepositoryUnreachable, match="an address of the machine's own"),
        repositories.tree(own, f"web@{digest}"),
    ):
        pass
    monkeypatch.setattr(reach, "is_refused", lambda _: False)  # all hosts of a test are loopback
    with repositories.tree(own, f"web@{named(repositories, own, 'web@*')}") as tree:
        assert tree.revision == digest
        assert tree.read("values.yaml") == b"greeting: hello\n"


def test_a_registry_must_have_what_the_index_says(
    registry: Registry,
    room: str,
    served: ChartRepository,
    repositories: AllRepositories,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reach, "is_refused", lambda _: False)
    pushed(registry, room, "1.0.0")
    indexed(served, f"oci://{registry.address}/{room}/web:1.0.0", "b" * 64)

    with (
        pytest.raises(RevisionNotFound, match="is not the chart of the digest bbb"),
        repositories.tree(record(served.url), f"web@{'b' * 64}"),
    ):
        pass


def test_a_registry_of_an_index_gets_no_credential(
    locked: Registry, served: ChartRepository, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "is_refused", lambda _: False)
    served.wants = locked.header  # the very credential that the registry wants
    mine = desk.open({"SYNCLINE_CRED_CHARTS": registries.PASSWORD})
    indexed(served, f"oci://{locked.address}/app:v1", "b" * 64)
    own = record(served.url, credential=basic(served.web.url))

    with (
        pytest.raises(CredentialRefused, match="it asks for a credential"),
        mine.tree(own, f"web@{'b' * 64}"),
    ):
        pass


def test_one_that_is_refused_keeps_no_other_back(repositories: AllRepositories) -> None:
    digest = "a" * 64
    with serving() as web:
        web.reply = lambda path: (
            Reply(403)
            if "/bad/" in path
            else Reply(200, b"", {"Docker-Content-Digest": f"sha256:{digest}"})
        )

        found = repositories.resolve(record(web.url, "oci"), ["good@1.0.0", "bad@1.0.0"])

    assert found.commits == {"good@1.0.0": digest}
    assert "set spec.credential" in str(found.missing["bad@1.0.0"])


def test_an_index_of_one_manifest_is_followed(
    registry: Registry, room: str, repositories: AllRepositories
) -> None:
    inner = registry.push(room, "inner", (FLUX, bundle()))
    other = registry.push(room, "other", (FLUX, bundle("b: 2\n")))
    kind = "application/vnd.oci.image.manifest.v1+json"
    one = {"mediaType": kind, "digest": f"sha256:{inner}", "size": 1}
    two = {"mediaType": kind, "digest": f"sha256:{other}", "size": 1}
    attested = {**two, "platform": {"os": "unknown", "architecture": "unknown"}}

    def index(tag: str, *manifests: object) -> None:
        whole = {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(manifests)}
        registry.manifest(room, tag, whole)

    index("one", one, attested)
    index("two", one, two)

    assert read(repositories, f"{registry.url}/{room}", "one", "deploy/app.yaml") == b"a: 1\n"
    with pytest.raises(RevisionNotFound, match="is an index of 2 manifests"):
        read(repositories, f"{registry.url}/{room}", "two", "deploy/app.yaml")


@pytest.mark.parametrize(
    "layers", [[], [("text/plain", b"x")], [(LAYER, bundle()), (LAYER, bundle("b: 2\n"))]]
)
def test_what_is_no_artifact_of_manifests_is_refused(
    registry: Registry, room: str, repositories: AllRepositories, layers: list[tuple[str, bytes]]
) -> None:
    registry.push(room, "v1", *layers)

    with pytest.raises(RevisionNotFound, match="is no artifact of manifests: its layers are"):
        read(repositories, f"{registry.url}/{room}", "v1", ".")


def test_what_is_no_chart_is_refused(
    registry: Registry, room: str, repositories: AllRepositories
) -> None:
    registry.push(f"{room}/web", "1.0.0", (FLUX, bundle()))
    own = record(f"{registry.url}/{room}", "oci")

    with (
        pytest.raises(RevisionNotFound, match="is no chart"),
        repositories.tree(own, f"web@{named(repositories, own, 'web@1.0.0')}"),
    ):
        pass


def test_a_hostile_archive_is_refused(
    registry: Registry, room: str, repositories: AllRepositories
) -> None:
    registry.push(room, "v1", (FLUX, bundle(name="../../etc/cron.d/x")))

    with pytest.raises(UnsafePath, match="leads outside"):
        read(repositories, f"{registry.url}/{room}", "v1", ".")


def test_a_digest_that_is_gone_is_told(
    registry: Registry, room: str, repositories: AllRepositories
) -> None:
    registry.push(room, "v1", (FLUX, bundle()))

    with pytest.raises(RevisionNotFound, match="any more: follow another"):
        read(repositories, f"{registry.url}/{room}", "a" * 64, ".")


def test_a_registry_that_lies_is_not_believed(repositories: AllRepositories) -> None:
    with serving() as web:
        web.always(200, b'{"layers": []}')
        own = record(f"{web.url}/app", "oci")

        with (
            pytest.raises(RepositoryUnreachable, match="gave sha256:"),
            repositories.tree(own, "a" * 64),
        ):
            pass


def test_an_oci_url_is_a_registrys() -> None:
    assert RepositorySpec(url="oci://ghcr.io/org").serves is RepositoryType.OCI
    assert RepositorySpec(url="https://ghcr.io/org").serves is RepositoryType.GIT


@pytest.mark.parametrize("kind", ["git", "helm"])
def test_an_oci_url_fits_no_other_type(repositories: AllRepositories, kind: str) -> None:
    with pytest.raises(InvalidDocument):
        named(repositories, record("oci://ghcr.io/org", kind), "web@1.0.0")


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """One with a password, and an artifact in it."""
    with registries.with_password(tmp_path_factory.mktemp("locked")) as registry:
        registry.push("app", "v1", (FLUX, bundle()))
        yield registry


def test_a_password_is_sent_where_it_is_asked_for(locked: Registry, desk: Desk) -> None:
    mine = desk.open({"SYNCLINE_CRED_CHARTS": registries.PASSWORD})
    own = record(f"{locked.url}/app", "oci", credential=basic(f"{locked.url}/app"))

    with mine.tree(own, named(mine, own, "v1")) as tree:
        assert tree.read("deploy/app.yaml") == b"a: 1\n"


@pytest.mark.parametrize("secret", ["anna:wrong", None])
def test_a_wrong_password_is_told(locked: Registry, desk: Desk, secret: str | None) -> None:
    mine = desk.open({"SYNCLINE_CRED_CHARTS": secret or ""})
    own = record(
        f"{locked.url}/app", "oci", **({"credential": basic(locked.url)} if secret else {})
    )

    with pytest.raises(CredentialRefused) as told:
        named(mine, own, "v1")

    assert "wrong" not in str(told.value).replace("is wrong, expired", "")
    assert ("SYNCLINE_CRED_CHARTS" if secret else "set spec.credential") in str(told.value)


@pytest.mark.parametrize("secret", [None, "anna:s3cret"])
def test_a_token_is_had_where_the_registry_says(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch, secret: str | None
) -> None:
    monkeypatch.setattr(reach, "is_refused", lambda _: False)  # all hosts of a test are loopback
    with registries.with_tokens(tmp_path / "tokens") as (registry, tokens):
        registry.header = f"Bearer {tokens.token('org/app', ['pull', 'push'])}"
        registry.push("org/app", "v1", (FLUX, bundle()))
        if secret:
            tokens.wants = f"Basic {base64.b64encode(secret.encode()).decode()}"
        mine = desk.open({"SYNCLINE_CRED_CHARTS": secret or ""})
        given = {"credential": basic(registry.url)} if secret else {}
        own = record(f"{registry.url}/org/app", "oci", **given)

        with mine.tree(own, named(mine, own, "v1")) as tree:
            assert tree.read("deploy/app.yaml") == b"a: 1\n"

        assert tokens.asked == [{"service": ["registry"], "scope": ["repository:org/app:pull"]}]


def test_a_credential_goes_to_no_realm_of_another_domain(desk: Desk) -> None:
    with serving() as web:
        told = {"WWW-Authenticate": 'Bearer realm="https://tokens.evil.example/t",service="x"'}
        web.reply = lambda _: Reply(401, b"", told)
        mine = desk.open({"SYNCLINE_CRED_CHARTS": "anna:s3cret"})
        own = record(f"{web.url}/app", "oci", credential=basic(web.url))

        with pytest.raises(CredentialRefused, match=r"wants its tokens from https://tokens.evil"):
            named(mine, own, "v1")


@pytest.mark.parametrize(
    ("realm", "registry", "kin"),
    [
        ("ghcr.io", "ghcr.io", True),
        ("auth.docker.io", "registry-1.docker.io", True),
        ("gitlab.example.com", "registry.gitlab.example.com", True),
        ("evil.io", "ghcr.io", False),
        ("evil.docker.io.example", "registry-1.docker.io", False),
        ("1.0.0.1", "127.0.0.1", False),
        ("x.0.0.1", "127.0.0.1", False),
        ("", "ghcr.io", False),
    ],
)
def test_tokens_are_had_within_a_domain(realm: str, registry: str, kin: bool) -> None:
    assert grants.is_kin(realm, registry) is kin
