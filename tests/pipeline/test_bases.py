"""Remote bases: two real repositories, and what the first one's document allows."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from syncline.credentials import CredentialSource
from syncline.errors import (
    CredentialRefused,
    PathNotFound,
    RenderFailed,
    RevisionNotFound,
    SignatureRefused,
    UnsafePath,
)
from syncline.model import giturl, yaml
from syncline.model.records import RepositoryRecord
from syncline.model.repository import RepositorySpec
from syncline.model.source import Source
from syncline.settings import GitSettings, RenderSettings
from syncline_workers.archives.kinds import AllRepositories
from syncline_workers.archives.registered import Given
from syncline_workers.archives.repositories import ArchiveRepositories
from syncline_workers.git import elsewhere
from syncline_workers.git.repositories import GitRepositories, open_repositories
from syncline_workers.pipeline import bases
from syncline_workers.renderers import render
from syncline_workers.renderers.plan import Rendered, RenderPlan
from tests.harness.workrepo import WorkRepo
from tools import programs

NOBODY = CredentialSource(directory=None, environment={})
SIGNER = "ana@example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPQfyXvZ0UG0a1s3p3Nq1Qk1v8fSxkW"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"
LIBRARY = {
    "base/kustomization.yaml": "resources: [map.yaml, ../common]\n",
    "base/map.yaml": MAP % "base",
    "common/kustomization.yaml": "resources: [map.yaml]\n",
    "common/map.yaml": MAP % "common",
    "part/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -part\n"
    ),
    "climbing/kustomization.yaml": "resources: [../../../apps/own]\n",
    "plain/map.yaml": MAP % "plain",
}


@dataclass
class Two:
    """A repository and the one that it names."""

    own: WorkRepo
    library: WorkRepo
    git: GitRepositories | AllRepositories
    git_settings: GitSettings
    settings: RenderSettings
    commit: str  # of the library

    def url(self, path: str = "base", ref: str = "") -> str:
        return f"file://{self.library.origin}//{path}?ref={ref or self.commit}"

    def render(self, kustomization: str, *, allow: bool = True, **more: Any) -> Rendered:
        """Render `apps/web` with this kustomization, from a commit."""
        files = {
            "apps/web/kustomization.yaml": kustomization,
            "apps/own/kustomization.yaml": "resources: [map.yaml]\n",
            "apps/own/map.yaml": MAP % "own",
        }
        commit = self.own.publish("change", files)
        spec = RepositorySpec(
            url=str(self.own.origin),
            remote_bases=(str(self.library.origin),) if allow else (),
        ).model_copy(update=more)
        repository = RepositoryRecord(uid="r1", name="shop", spec=spec)
        plan = RenderPlan(source=Source(repository="shop", path="apps/web"))
        with ExitStack() as stack:
            tree = stack.enter_context(self.git.tree(repository, commit))
            plan = render.settled(tree, plan)
            reached = bases.reachable(tree, plan, repository, self.git)
            return render.render(stack.enter_context(reached), plan, self.settings)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    served = tmp_path / "git"
    library = WorkRepo.create(tmp_path / "library", origin=served / "library.git")
    commit = library.publish("begin", LIBRARY)
    library.git("tag", "v1")
    library.git("push", "--quiet", "origin", "v1")
    settings = GitSettings(cache=tmp_path / "cache", allow_local=(served,))
    git = open_repositories(settings, NOBODY)
    own = WorkRepo.create(tmp_path / "own", origin=served / "shop.git")
    found = RenderSettings(kustomize=str(programs.find("kustomize").path))
    yield Two(own, library, git, settings, found, commit)
    git.close()


def test_a_base_at_a_commit_is_built_as_if_it_lay_beside(two: Two, tmp_path: Path) -> None:
    lines = "resources: [{base}, ../own]\ncomponents: [{part}]\nnamePrefix: a-\n"

    result = two.render(lines.format(base=f'"{two.url()}"', part=f'"{two.url("part")}"'))

    beside = tmp_path / "own" / "apps" / "library"
    beside.symlink_to(two.library.path)
    by_hand = lines.format(base="../library/base", part="../library/part")
    (tmp_path / "own/apps/web/kustomization.yaml").write_text(by_hand)
    built = subprocess.run(
        [two.settings.kustomize, "build", tmp_path / "own/apps/web"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert list(result.manifests) == yaml.load_all(built, source="by hand")
    assert len(result.manifests) == 3


def test_its_files_are_no_inputs_for_its_commit_is_in_one(two: Two) -> None:
    result = two.render(f'resources: ["{two.url()}"]')

    assert {path for path, oid in result.inputs.items() if oid} == {"apps/web/kustomization.yaml"}


def test_a_later_commit_of_it_is_not_seen(two: Two) -> None:
    line = f'resources: ["{two.url()}"]'
    before = two.render(line).manifests
    two.library.publish("change", {"base/map.yaml": MAP % "changed"})

    assert two.render(line + "\n# another commit").manifests == before


def test_what_may_be_moved_is_refused_with_the_commit_that_it_is(two: Two) -> None:
    with pytest.raises(RevisionNotFound) as caught:
        two.render(f'resources: ["{two.url(ref="v1")}"]')

    assert str(caught.value).endswith(f"v1 may be moved: write ?ref={two.commit}, which it is now")
    assert str(caught.value).startswith("apps/web/kustomization.yaml: resources[0] names file://")


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        ("resources: ['{climbing}']", UnsafePath, "leads outside its repository"),
        ("resources: ['{plain}']", PathNotFound, "which has none of kustomization.yaml"),
        ("resources: ['{outside}']", UnsafePath, "leads outside its repository"),
        ("resources: ['{elsewhere}']", UnsafePath, "is below no prefix of its spec.remoteBases"),
        ("resources: ['{nowhere}']", UnsafePath, "is below no prefix of its spec.remoteBases"),
        ("generators: ['{base}']", RenderFailed, "names the remote"),
        ("crds: ['{base}']", RenderFailed, "names the remote"),
    ],
)
def test_nothing_else_is_reached(two: Two, line: str, error: type[Exception], message: str) -> None:
    urls = {
        "base": two.url(),
        "climbing": two.url("climbing"),
        "plain": two.url("plain"),
        "outside": two.url("base/../../x"),
        "elsewhere": two.url().replace("library.git", "shop.git"),
        "nowhere": f"https://example.com/org/repo//base?ref={'a' * 40}",
    }

    with pytest.raises(error, match=message):
        two.render(line.format(**urls))


def test_a_file_of_a_base_is_named_by_nobody_but_itself(two: Two) -> None:
    place = f".syncline-bases/1-library-{two.commit[:12]}/base"

    with pytest.raises(UnsafePath, match="leads outside its repository"):
        two.render(f"resources: ['{two.url()}', ../../{place}]")


def test_without_leave_it_is_refused(two: Two) -> None:
    with pytest.raises(RenderFailed, match=r"allow it as a base in the Repository's spec\.remot"):
        two.render(f'resources: ["{two.url()}"]', allow=False)


@pytest.mark.parametrize(
    ("said", "error", "message"),
    [
        (
            {"credential": {"type": "token", "ref": "file:t", "urlPrefix": "https://h.io"}},
            CredentialRefused,
            "file:t is for https://h.io and is not sent to",
        ),
        ({"verify": {"allowedSigners": SIGNER}}, SignatureRefused, "Repository/library: "),
    ],
)
def test_what_is_registered_at_its_url_says_how_it_is_reached_and_what_is_asked_of_it(
    two: Two, *, said: dict[str, Any], error: type[Exception], message: str
) -> None:
    spec = RepositorySpec.model_validate({"url": str(two.library.origin), **said})
    library = RepositoryRecord(uid="r2", name="library", spec=spec)
    archives = ArchiveRepositories(two.git_settings, NOBODY)
    two.git = AllRepositories(two.git, archives, Given((library,)), NOBODY)

    with pytest.raises(error, match=message):
        two.render(f'resources: ["{two.url()}"]')


@pytest.mark.parametrize("weaker", ["http://h.io/library", "/srv/library"])
def test_a_base_is_reached_no_less_safely_than_its_repository(weaker: str) -> None:
    spec = RepositorySpec(url="https://h.io/shop", remote_bases=(weaker,))
    repository = RepositoryRecord(uid="r1", name="shop", spec=spec)

    with pytest.raises(UnsafePath, match="is reached from a repository at"):
        elsewhere.base(repository, giturl.parse("https://h.io/shop"), giturl.parse(weaker))


@pytest.mark.parametrize(
    ("place", "goes"), [("https://h.io/org/a", True), ("https://h.io/b", False)]
)
def test_the_credential_goes_along_below_its_prefix_alone(place: str, goes: bool) -> None:
    credential = {"type": "token", "ref": "file:t", "urlPrefix": "https://h.io/org"}
    spec = RepositorySpec.model_validate(
        {"url": "https://h.io/org/shop", "credential": credential, "remoteBases": ["https://h.io"]}
    )
    repository = RepositoryRecord(uid="r1", name="shop", spec=spec)

    found = elsewhere.base(repository, giturl.parse(spec.url), giturl.parse(place))

    assert (found.spec.credential is not None) is goes
