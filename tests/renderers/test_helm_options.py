"""Each option of a chart, against `helm template` with the flag that people know."""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from syncline.errors import InvalidDocument, PathNotFound, RenderFailed, UnsafePath
from syncline.model import yaml
from syncline.settings import RenderSettings
from tests.harness.dirtree import DirTree
from tests.renderers.bundles import Render, Repository, chart, config_map
from tests.renderers.test_helm import ECHO, values

ByHand = Callable[..., list[Any]]
SCHEMA = '{"properties": {"port": {"type": "string"}}}'
TEST = config_map("test").replace("  name", "  annotations: {helm.sh/hook: test}\n  name")
CAPABILITIES = config_map(
    "x",
    version="{{ .Capabilities.KubeVersion.Version }}",
    namespace="{{ .Release.Namespace }}",
    has='{{ .Capabilities.APIVersions.Has "example.com/v1/Thing" | quote }}',
)
FILES = {
    "envs/20-b.yaml": "a: b20\nb: b20\nc: b20\n",
    "envs/10-a.yaml": "a: a10\nb: a10\n",
    "envs/.hidden.yaml": "a: hidden\n",
    "envs/eu/30-c.yaml": "c: c30\n",
    "envs/notes.txt": "plain, {text}\n",
    "odd, {name}.yaml": "a: odd\n",
}


@pytest.fixture
def by_hand(settings: RenderSettings) -> ByHand:
    """The objects of `helm template web .` with more flags."""

    def run(tree: DirTree, *flags: str) -> list[Any]:
        command = [settings.helm, "template", "web", ".", "--namespace=shop", *flags]
        done = subprocess.run(command, cwd=tree.root, capture_output=True, check=True)
        return [one for one in yaml.load_all(done.stdout, source="x", last_key_wins=True) if one]

    return run


@pytest.mark.parametrize(
    ("options", "flags"),
    [
        ({}, ["--include-crds", "--skip-tests"]),
        ({"skipCrds": True}, ["--skip-tests"]),
        ({"skipTests": False}, ["--include-crds"]),
        ({"namespace": "other"}, ["--include-crds", "--skip-tests", "--namespace=other"]),
        ({"kubeVersion": "1.29"}, ["--include-crds", "--skip-tests", "--kube-version=1.29"]),
        (
            {"apiVersions": ["example.com/v1/Thing", "example.com/v1"]},
            ["--include-crds", "--skip-tests", "-a=example.com/v1/Thing,example.com/v1"],
        ),
    ],
)
def test_what_is_rendered_and_what_templates_see(
    repository: Repository,
    rendered: Render,
    by_hand: ByHand,
    options: dict[str, Any],
    flags: list[str],
) -> None:
    extra = {"crds/a.yaml": config_map("crd"), "templates/test.yaml": TEST}
    tree = repository(chart(template=CAPABILITIES) | extra)
    plan = {"kube_version": options["kubeVersion"]} if "kubeVersion" in options else {}
    if "apiVersions" in options:  # as `pipeline.rendering` completes a plan
        plan["api_versions"] = tuple(options["apiVersions"])

    result = rendered(tree, helm=options, name="web", namespace="shop", **plan)

    assert list(result.manifests) == by_hand(tree, *flags)


def test_a_schema_is_checked_unless_it_is_not_wanted(
    repository: Repository, rendered: Render, by_hand: ByHand
) -> None:
    tree = repository(chart(**{"values.schema.json": SCHEMA}))

    with pytest.raises(RenderFailed, match="port"):
        rendered(tree)

    result = rendered(tree, helm={"skipSchemaValidation": True}, name="web")
    assert list(result.manifests) == by_hand(tree, "--skip-schema-validation")


@pytest.mark.parametrize(
    ("written", "files"),
    [
        ("envs/*.yaml", ["envs/10-a.yaml", "envs/20-b.yaml"]),
        ("envs/*/*.yaml", ["envs/eu/30-c.yaml"]),
        ("envs/**/*.yaml", ["envs/10-a.yaml", "envs/20-b.yaml", "envs/eu/30-c.yaml"]),
        ("./envs/[12]0-?.yaml", ["envs/10-a.yaml", "envs/20-b.yaml"]),
        ("**/30-c.yaml", ["envs/eu/30-c.yaml"]),
    ],
)
def test_a_glob_is_all_that_match_in_the_order_of_their_paths(
    repository: Repository, rendered: Render, by_hand: ByHand, written: str, files: list[str]
) -> None:
    tree = repository(chart(template=ECHO) | FILES)

    result = rendered(tree, helm={"valueFiles": [written]}, name="web")

    assert list(result.manifests) == by_hand(tree, *(f"--values={file}" for file in files))


def test_a_value_file_that_is_added_or_matches_a_glob_is_an_input(
    repository: Repository, rendered: Render
) -> None:
    files = {f"web/{path}": text for path, text in chart(template=ECHO).items()}
    tree = repository(files | {"envs/a.yaml": "a: 1\n"})
    options = {
        "valueFiles": ["../envs/*.yaml", "../more/*.yaml", "../absent.yaml"],
        "ignoreMissingValueFiles": True,
    }

    before = rendered(tree, "web", helm=options)
    changed = repository({"envs/b.yaml": "a: 2\n", "more/c.yaml": "c: 3\n", "absent.yaml": "d: 4"})

    now = changed.ids(before.inputs)
    assert {path for path in now if now[path] != before.inputs[path]} == {
        "envs", "more", "absent.yaml",
    }  # fmt: skip
    assert values(rendered(changed, "web", helm=options)) == {
        "greeting": "hello", "port": 80, "a": 2, "c": 3, "d": 4,
    }  # fmt: skip


def test_a_glob_that_matches_nothing_is_an_error(repository: Repository, rendered: Render) -> None:
    tree = repository(chart())

    with pytest.raises(PathNotFound) as caught:
        rendered(tree, helm={"valueFiles": ["envs/*.yaml"]})

    assert str(caught.value) == (
        ".: no value file matches envs/*.yaml: correct it, or set "
        "spec.source.helm.ignoreMissingValueFiles"
    )


@pytest.mark.parametrize("path", ["../*.yaml", "../../etc/*", "/etc/*"])
def test_a_glob_looks_into_the_repository_only(
    repository: Repository, rendered: Render, path: str
) -> None:
    with pytest.raises(UnsafePath):
        rendered(repository(chart()), helm={"valueFiles": [path], "ignoreMissingValueFiles": True})


def test_a_link_out_of_the_repository_is_not_missing(
    repository: Repository, rendered: Render
) -> None:
    tree = repository(chart())
    (tree.root / "out.yaml").symlink_to("/etc/hostname")

    with pytest.raises(UnsafePath):
        rendered(tree, helm={"valueFiles": ["out.yaml"], "ignoreMissingValueFiles": True})


def test_names_that_helm_would_split_are_whole(repository: Repository, rendered: Render) -> None:
    tree = repository(chart(template=ECHO) | {"[a].yaml": "b: 1\n"} | FILES)

    result = rendered(
        tree,
        helm={"valueFiles": ["odd, {name}.yaml", "[a].yaml"], "fileParameters": {"c": "[a].yaml"}},
    )

    assert values(result) == {"greeting": "hello", "port": 80, "a": "odd", "b": 1, "c": "b: 1\n"}


def test_a_value_is_the_text_of_a_file(
    repository: Repository, rendered: Render, by_hand: ByHand
) -> None:
    tree = repository(chart(template=ECHO) | FILES)
    options = {"values": {"text": "x"}, "fileParameters": {"text": "envs/notes.txt"}}

    result = rendered(tree, helm=options, name="web")

    assert list(result.manifests) == by_hand(tree, "--set-file=text=envs/notes.txt")
    assert result.inputs == tree.ids([".", "envs/notes.txt"])


def test_parameters_stay_strings_where_they_are_told_to(
    repository: Repository, rendered: Render, by_hand: ByHand
) -> None:
    tree = repository(chart(template=ECHO))
    given = {"a.b": "12", "c": "true", "d": "null", "e": "7"}

    result = rendered(
        tree, helm={"stringParameters": ["a.b", "c", "d"]}, parameters=given, name="web"
    )

    assert list(result.manifests) == by_hand(tree, "--set-string=a.b=12,c=true,d=null", "--set=e=7")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"stringParameters": ["absent"]}, InvalidDocument, "names absent, which is no parameter"),
        ({"fileParameters": {"a{": "x"}}, PathNotFound, "the file of the parameter a{, x: "),
        ({"fileParameters": {"a{": "Chart.yaml"}}, InvalidDocument, "is no path of a Helm value"),
        ({"fileParameters": {"a": "/etc/passwd"}}, UnsafePath, "is absolute"),
        ({"fileParameters": {"a": "templates"}}, PathNotFound, "templates is a directory"),
    ],
)
def test_an_option_that_names_what_is_not_there_is_told(
    repository: Repository,
    rendered: Render,
    options: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        rendered(repository(chart()), helm=options)
