import pytest

from syncline.errors import LimitExceeded, ManifestInvalid, PathNotFound, RenderFailed, UnsafePath
from syncline.model.source import RendererName
from tests.renderers.bundles import Limited, Program, Render, Repository, config_map, names

DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {replicas: 1, template: {spec: {containers: [{name: web, image: nginx}]}}}\n"
)
FLEET = {
    "base/kustomization.yaml": "resources: [deployment.yaml]\n",
    "base/deployment.yaml": DEPLOYMENT,
    "base/README.md": "",
    "components/tls/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [cert.yaml]\n"
    ),
    "components/tls/cert.yaml": config_map("cert"),
    "overlays/east/kustomization.yaml": (
        "resources: [../../base]\n"
        "components: [../../components/tls]\n"
        "namePrefix: east-\n"
        "patches: [{path: replicas.yaml}]\n"
        "configMapGenerator: [{name: settings, files: [conf=app.conf], envs: [app.env], "
        "options: {disableNameSuffixHash: true}}]\n"
    ),
    "overlays/east/replicas.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n"
    ),
    "overlays/east/app.conf": "on\n",
    "overlays/east/app.env": "LEVEL=info\n",
    "overlays/west/kustomization.yaml": "resources: [../../base]\n",
}


def test_an_overlay_is_built_from_all_that_it_reaches(
    repository: Repository, rendered: Render
) -> None:
    tree = repository(FLEET)

    result = rendered(tree, "overlays/east")

    assert result.renderer is RendererName.KUSTOMIZE
    by_name = {one["metadata"]["name"]: one for one in result.manifests}
    assert by_name.keys() == {"east-web", "east-cert", "east-settings"}
    assert by_name["east-web"]["spec"]["replicas"] == 3
    assert by_name["east-settings"]["data"] == {"conf": "on\n", "LEVEL": "info"}


def test_the_inputs_are_the_files_that_are_read_and_what_was_looked_for(
    repository: Repository, rendered: Render
) -> None:
    tree = repository(FLEET)

    inputs = rendered(tree, "overlays/east").inputs

    present = {path for path, oid in inputs.items() if oid}
    assert present == FLEET.keys() - {"base/README.md", "overlays/west/kustomization.yaml"}
    assert inputs.keys() - present == {
        "overlays/east/Chart.yaml",
        *(
            f"{directory}/{name}"
            for directory in ("overlays/east", "base", "components/tls")
            for name in ("kustomization.yml", "Kustomization")
        ),
    }
    assert inputs == tree.ids(inputs)


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("resources: [../shared/a.yaml]", "resources[0]"),
        (
            "configMapGenerator: [{name: b, files: [../shared/a.yaml]}]",
            "configMapGenerator[0].files[0]",
        ),
    ],
)
def test_a_file_above_the_kustomization_is_refused_as_kustomize_does(
    repository: Repository, rendered: Render, line: str, place: str
) -> None:
    tree = repository({"web/kustomization.yaml": line, "shared/a.yaml": config_map("a")})

    with pytest.raises(RenderFailed) as caught:
        rendered(tree, "web")

    assert str(caught.value) == (
        f"web/kustomization.yaml: {place} names ../shared/a.yaml, and kustomize reads files only "
        "below the kustomization that names them: give that directory a kustomization, and name "
        "the directory"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Resources: [../../../srv]", "has the field Resources: write resources"),
        ("re\u017fources: [../../../srv]", "has the field re\u017fources: write resources"),
        ("resources: []\n<<: {resources: [../../../srv]}", "uses << merge keys"),
        ("resources: []\n---\nresources: [../../../srv]", "must hold one mapping"),
    ],
)
def test_what_kustomize_would_read_differently_is_refused(
    repository: Repository, rendered: Render, text: str, message: str
) -> None:
    with pytest.raises(RenderFailed, match=f"^web/kustomization.yaml: {message}"):
        rendered(repository({"web/kustomization.yaml": text}), "web")


@pytest.mark.parametrize(
    "line",
    [
        "resources: [/etc/hostname]",
        "resources: [../../outside.yaml]",
        "configMapGenerator: [{name: a, files: [x=/etc/hostname]}]",
        "configMapGenerator: [{name: a, files: [../../etc/hostname]}]",
        "secretGenerator: [{name: a, envs: [/proc/self/environ]}]",
        "patches: [{path: ../../patch.yaml}]",
        "openapi: {path: /etc/hostname}",
        "crds: [/etc/hostname]",
    ],
)
def test_nothing_outside_the_repository_is_read(
    repository: Repository, rendered: Render, line: str
) -> None:
    tree = repository({"web/kustomization.yaml": line})

    with pytest.raises(UnsafePath, match=r"is absolute|leads outside the repository"):
        rendered(tree, "web")


def test_a_plugins_configuration_cannot_name_a_file_of_the_host(
    repository: Repository, rendered: Render
) -> None:
    generator = (
        "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: a}\n"
        "name: a\nfiles: [/etc/hostname]\n"
    )
    tree = repository(
        {
            "web/kustomization.yaml": "generators: [gen.yaml]\n",
            "web/gen.yaml": generator,
        }
    )

    with pytest.raises(RenderFailed, match=r"is not in or below|/etc: no such file"):
        rendered(tree, "web")


def test_a_plugins_own_files_are_laid_out_and_are_inputs(
    repository: Repository, rendered: Render
) -> None:
    generator = (
        "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: a}\n"
        "name: a\nfiles: [conf/a.conf]\n"
    )
    tree = repository(
        {
            "web/kustomization.yaml": "generators: [gen.yaml]\n",
            "web/gen.yaml": generator,
            "web/conf/a.conf": "on",
        }
    )

    result = rendered(tree, "web")

    assert result.manifests[0]["data"] == {"a.conf": "on"}
    assert result.inputs["web"] == tree.ids(["web"])["web"]


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/org/repo//base?ref=v1",
        "http://127.0.0.1/x.yaml",
        "ssh://git@github.com/org/repo",
        "git@github.com:org/repo.git",
        "github.com/org/repo/base?ref=v1",
        "git::https://example.com/repo",
        "org/repo?ref=main",
        "file:///etc",
    ],
)
def test_a_remote_base_is_refused(repository: Repository, rendered: Render, remote: str) -> None:
    tree = repository({"web/kustomization.yaml": f'resources: ["{remote}"]\n'})

    with pytest.raises(RenderFailed) as caught:
        rendered(tree, "web")

    assert str(caught.value) == (
        f"web/kustomization.yaml: resources[0] names the remote {remote}, and renderers have no "
        "network: copy it into the repository, or allow it as a base in the Repository's "
        "spec.remoteBases"
    )


def test_a_directory_that_only_looks_remote_is_read(
    repository: Repository, rendered: Render
) -> None:
    tree = repository(
        {
            "web/kustomization.yaml": "resources: [v1.2/a.yaml]\n",
            "web/v1.2/a.yaml": config_map("a"),
        }
    )

    assert names(rendered(tree, "web")) == ["a"]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("resources: [a.yaml, missing.yaml]", "resources[1]"),
        ("components: [missing]", "components[0]"),
        ("patches: [{path: missing.yaml}]", "patches[0].path"),
        ("secretGenerator: [{name: a, files: [x=missing]}]", "secretGenerator[0].files[0]"),
    ],
)
def test_what_is_missing_is_named_with_its_place(
    repository: Repository, rendered: Render, line: str, place: str
) -> None:
    tree = repository({"web/kustomization.yaml": line, "web/a.yaml": config_map("a")})

    with pytest.raises(PathNotFound) as caught:
        rendered(tree, "web")

    assert str(caught.value).startswith(f"web/kustomization.yaml: {place} names ")
    assert "missing" in caught.value.detail


def test_a_directory_without_a_kustomization_is_named(
    repository: Repository, rendered: Render
) -> None:
    tree = repository({"web/kustomization.yaml": "resources: [../b]", "b/a.yaml": config_map("a")})

    with pytest.raises(PathNotFound, match=r"resources\[0\] names ../b, which has none of kustom"):
        rendered(tree, "web")
    with pytest.raises(
        PathNotFound, match=r"b: has none of kustomization\.yaml, kustomization\.yml"
    ):
        rendered(tree, "b", renderer="kustomize")
    with pytest.raises(PathNotFound, match="nowhere does not exist"):
        rendered(tree, "nowhere", renderer="kustomize")


@pytest.mark.parametrize("field", ["helmCharts", "helmChartInflationGenerator"])
def test_charts_in_a_kustomization_are_refused(
    repository: Repository, rendered: Render, field: str
) -> None:
    tree = repository({"web/kustomization.yaml": f"{field}: [{{name: x}}]"})

    with pytest.raises(RenderFailed, match=f"{field} is not inflated here"):
        rendered(tree, "web")


def test_two_kustomizations_in_one_directory_are_refused(
    repository: Repository, rendered: Render
) -> None:
    tree = repository({"web/kustomization.yaml": "", "web/Kustomization": ""})

    with pytest.raises(RenderFailed, match=r"has both web/kustomization.yaml and web/Kustomizat"):
        rendered(tree, "web")


def test_kustomizes_own_message_is_told_with_paths_of_the_repository(
    repository: Repository, rendered: Render
) -> None:
    tree = repository({"web/kustomization.yaml": "resources: [a.yaml]\n", "web/a.yaml": "kind: X"})

    with pytest.raises(RenderFailed) as caught:
        rendered(tree, "web")

    assert caught.value.subject == "web"
    assert caught.value.detail.startswith("kustomize: accumulating resources")
    assert "syncline-" not in caught.value.detail
    assert len(caught.value.detail) < 2100


def test_an_unknown_field_is_told_by_kustomize(repository: Repository, rendered: Render) -> None:
    tree = repository({"web/kustomization.yaml": "resuorces: [a.yaml]\n"})

    with pytest.raises(RenderFailed, match='unknown field "resuorces"'):
        rendered(tree, "web")


def test_broken_yaml_names_the_kustomization(repository: Repository, rendered: Render) -> None:
    tree = repository({"web/kustomization.yaml": "resources: ["})

    with pytest.raises(ManifestInvalid, match=r"^web/kustomization.yaml: document 1, line 2"):
        rendered(tree, "web")


def test_bases_in_a_circle_are_refused(repository: Repository, rendered: Render) -> None:
    tree = repository(
        {
            "a/kustomization.yaml": "resources: [../b]\n",
            "b/kustomization.yaml": "resources: [../a]\n",
        }
    )

    with pytest.raises(RenderFailed, match="cycle detected"):
        rendered(tree, "a")


def test_too_many_kustomizations_are_refused(repository: Repository, rendered: Render) -> None:
    files = {f"{n}/kustomization.yaml": f"resources: [../{n + 1}]\n" for n in range(1001)} | {
        "1001/kustomization.yaml": ""
    }

    with pytest.raises(LimitExceeded, match="reaches more than 1000 kustomizations"):
        rendered(repository(files), "0")


def test_parameters_are_filled_in_as_strings(repository: Repository, rendered: Render) -> None:
    tree = repository(
        {
            "web/kustomization.yaml": "resources: [a.yaml]\n",
            "web/a.yaml": config_map("a", zone="${zone}", port='"${port}"', other="${other}"),
        }
    )

    result = rendered(tree, "web", parameters={"zone": "east", "port": "80"})

    assert result.manifests[0]["data"] == {"zone": "east", "port": "80", "other": "${other}"}


def test_the_binary_is_named_where_it_is_missing(
    repository: Repository, rendered: Render, limited: Limited
) -> None:
    tree = repository({"web/kustomization.yaml": ""})

    with pytest.raises(RenderFailed) as caught:
        rendered(tree, "web", under=limited(kustomize="no-kustomize"))

    assert str(caught.value) == (
        "web: there is no kustomize ('no-kustomize'): get it with `python3 tools/get.py "
        "renderers`, put it on PATH, or set SYNCLINE_RENDER_KUSTOMIZE to its path"
    )


def test_only_what_is_reached_is_laid_out(
    repository: Repository, rendered: Render, limited: Limited, program: Program
) -> None:
    tree = repository(FLEET)
    lists = (
        "import os, sys\n"
        "top = sys.argv[-1].removesuffix('overlays/west')\n"
        "found = [os.path.relpath(f'{d}/{f}', top) for d, _, fs in os.walk(top) for f in fs]\n"
        "print('{apiVersion: v1, kind: X, metadata: {name: x}, found:', sorted(found), '}')"
    )

    result = rendered(tree, "overlays/west", under=limited(kustomize=program(lists)))

    assert result.manifests[0]["found"] == [
        "base/deployment.yaml",
        "base/kustomization.yaml",
        "overlays/west/kustomization.yaml",
    ]
