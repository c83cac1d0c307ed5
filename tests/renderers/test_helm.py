import subprocess

import pytest

from syncline.errors import InvalidDocument, ManifestInvalid, PathNotFound, RenderFailed, UnsafePath
from syncline.model import yaml
from syncline.model.source import RendererName
from syncline.settings import RenderSettings
from syncline_workers.renderers.plan import Missing, Rendered
from tests.renderers.bundles import Limited, Program, Render, Repository, chart, config_map, names

ECHO = config_map("{{ .Release.Name }}", values="{{ .Values | toJson | quote }}")


def values(result: Rendered) -> object:
    """What the chart saw, from the ECHO template."""
    (text,) = (one["data"]["values"] for one in result.manifests)
    (seen,) = yaml.load_all(text, source="values")
    return seen


def test_a_chart_is_templated(repository: Repository, rendered: Render) -> None:
    tree = repository(chart())

    result = rendered(tree, name="shop")

    assert result.renderer is RendererName.HELM
    assert result.inputs == tree.ids(["."])
    assert result.manifests == (
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "shop"},
            "data": {"greeting": "hello"},
        },
    )


def test_a_chart_sees_release_namespace_and_cluster(
    repository: Repository, rendered: Render
) -> None:
    template = config_map(
        "{{ .Release.Name }}",
        namespace="{{ .Release.Namespace }}",
        version="{{ .Capabilities.KubeVersion.Version }}",
        has='{{ .Capabilities.APIVersions.Has "example.com/v1/Thing" | quote }}',
        hasnot='{{ .Capabilities.APIVersions.Has "example.com/v2" | quote }}',
    )

    result = rendered(
        repository(chart(template=template)),
        helm={"releaseName": "front"},
        name="shop",
        namespace="web",
        kube_version="v1.30.2",
        api_versions=("example.com/v1", "example.com/v1/Thing"),
    )

    assert names(result) == ["front"]
    assert result.manifests[0]["data"] == {
        "namespace": "web",
        "version": "v1.30.2",
        "has": "true",
        "hasnot": "false",
    }


def test_a_cluster_with_thousands_of_kinds_is_told_to_the_chart(
    repository: Repository, rendered: Render
) -> None:
    template = config_map(
        "x", has='{{ .Capabilities.APIVersions.Has "example.com/v1/Last" | quote }}'
    )
    many = tuple(f"{'long.' * 30}example.com/v1beta1/Kind{n}" for n in range(4000))  # 700 kB

    result = rendered(
        repository(chart(template=template)), api_versions=(*many, "example.com/v1/Last")
    )

    assert result.manifests[0]["data"] == {"has": "true"}


@pytest.mark.parametrize(
    "version", ["v1.36.3", "v1.30.2-gke.1587003", "v1.29.4+k3s1", "v1.28.9-eks-036c24b"]
)
def test_versions_of_providers_are_understood(
    repository: Repository, rendered: Render, version: str
) -> None:
    template = config_map("x", version="{{ .Capabilities.KubeVersion.Version }}")

    result = rendered(repository(chart(template=template)), kube_version=version)

    assert result.manifests[0]["data"] == {"version": version}


def test_later_values_win(repository: Repository, rendered: Render) -> None:
    tree = repository(
        {f"apps/web/{path}": text for path, text in chart(template=ECHO).items()}
        | {"apps/web/one.yaml": "a: 1\nb: 1\nc: 1\nd: 1\n", "env/two.yaml": "b: 2\nc: 2\nd: 2\n"}
    )

    result = rendered(
        tree,
        "apps/web",
        helm={"valueFiles": ["one.yaml", "../../env/two.yaml"], "values": {"c": 3, "d": 3}},
        parameters={"d": "4"},
    )

    assert values(result) == {
        "greeting": "hello", "port": 80, "a": 1, "b": 2, "c": 3, "d": 4,
    }  # fmt: skip
    assert result.inputs == tree.ids(["apps/web", "apps/web/one.yaml", "env/two.yaml"])


def test_parameters_are_helms_own_paths_and_types(repository: Repository, rendered: Render) -> None:
    result = rendered(
        repository(chart(template=ECHO)),
        parameters={
            "image.tag": "1.10",
            "hosts[0].name": "east.example.com",
            "hosts[1].name": "a,b={c}",
            r"labels.example\.com/team": "x\ny\\",
            "on": "true",
            "off": "false",
            "many": "12",
            "octal": "0644",
            "sha": "1e5",
            "empty": "",
            "greeting": "null",
            "option": "--post-renderer=/bin/sh",
        },
    )

    assert values(result) == {
        "port": 80,
        "image": {"tag": "1.10"},
        "hosts": [{"name": "east.example.com"}, {"name": "a,b={c}"}],
        "labels": {"example.com/team": "x\ny\\"},
        "on": True,
        "off": False,
        "many": 12,
        "octal": "0644",
        "sha": "1e5",
        "empty": "",
        "option": "--post-renderer=/bin/sh",
    }


@pytest.mark.parametrize("name", ["", "a=b", "a,b", "a{b}", "a[x]", "[0]", ".a", "a.", "a\\"])
def test_a_parameter_that_is_no_path_is_named(
    repository: Repository, rendered: Render, name: str
) -> None:
    with pytest.raises(InvalidDocument, match="is no path of a Helm value: write for example"):
        rendered(repository(chart()), parameters={name: "x"})


@pytest.mark.parametrize("release", ["--post-renderer=/bin/sh", "-x"])
def test_a_release_name_is_never_an_option(
    repository: Repository, rendered: Render, release: str
) -> None:
    with pytest.raises(RenderFailed, match="release name"):
        rendered(repository(chart()), helm={"releaseName": release})


def test_values_stand_in_no_argument(
    repository: Repository, rendered: Render, limited: Limited, program: Program
) -> None:
    echo = program(
        "import json, sys\n"
        "text = json.dumps(sys.argv)\n"
        "print('---\\n# Source: web/templates/x.yaml\\n' + json.dumps({'apiVersion': 'v1',"
        " 'kind': 'X', 'metadata': {'name': 'x'}, 'text': text}))"
    )

    result = rendered(
        repository(chart()),
        helm={"values": {"password": "hunter2"}},
        parameters={"token": "hunter2"},
        under=limited(helm=echo),
    )

    assert "token" in result.manifests[0]["text"]
    assert "hunter2" not in result.manifests[0]["text"]


def test_crds_are_included_tests_are_not_and_hooks_are_objects(
    repository: Repository, rendered: Render
) -> None:

    def hook(name: str, kind: str) -> str:
        return config_map(name).replace(
            "  name", f"  annotations: {{helm.sh/hook: {kind}}}\n  name"
        )

    files = chart(
        **{
            "crds/things.yaml": config_map("crd-1") + "---\n" + config_map("crd-2"),
            "templates/hook.yaml": hook("hook", "pre-install"),
            "templates/tests/test.yaml": hook("test", "test"),
        }
    )

    result = rendered(repository(files), name="web")

    assert sorted(names(result)) == ["crd-1", "crd-2", "hook", "web"]


def test_a_key_that_a_chart_writes_twice_is_accepted_as_helm_does(
    repository: Repository, rendered: Render
) -> None:
    result = rendered(repository(chart(template=config_map("a", x="a") + "  x: b\n")))

    assert result.manifests[0]["data"] == {"x": "b"}


def test_dependencies_by_path_are_put_in_place(repository: Repository, rendered: Render) -> None:
    top = chart(template=config_map("web")) | {
        "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n"
        "- {name: common, version: 1.x.x, repository: 'file://../common'}\n"
    }
    common = chart("common", config_map("common")) | {
        "Chart.yaml": "apiVersion: v2\nname: common\nversion: 1.0.0\ndependencies:\n"
        "- {name: base, version: 1.0.0, repository: 'file://../../libs/base'}\n"
    }
    tree = repository(
        {f"apps/web/{path}": text for path, text in top.items()}
        | {f"apps/common/{path}": text for path, text in common.items()}
        | {f"libs/base/{path}": text for path, text in chart("base", config_map("base")).items()}
    )

    result = rendered(tree, "apps/web")

    assert sorted(names(result)) == ["base", "common", "web"]
    assert result.inputs == tree.ids(["apps/web", "apps/common", "libs/base"])


def test_a_vendored_dependency_wins(repository: Repository, rendered: Render) -> None:
    top = chart(template=config_map("web")) | {
        "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n"
        "- {name: common, version: 1.0.0, repository: 'file://../gone'}\n"
    }
    vendored = chart("common", config_map("vendored"))
    tree = repository(
        {f"web/{path}": text for path, text in top.items()}
        | {f"web/charts/common/{path}": text for path, text in vendored.items()}
    )

    assert sorted(names(rendered(tree, "web"))) == ["vendored", "web"]


def test_a_missing_dependency_is_named_with_what_to_do(
    repository: Repository, rendered: Render
) -> None:
    files = chart() | {
        "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n"
        "- {name: redis, version: 1.0.0}\n"
    }

    with pytest.raises(RenderFailed, match=r"helm dependency build.*: redis") as caught:
        rendered(repository({f"web/{path}": text for path, text in files.items()}), "web")
    assert caught.value.subject == "web"


@pytest.mark.parametrize("path", ["..", "../..", "."])
def test_a_dependency_that_holds_the_chart_is_refused(
    repository: Repository, rendered: Render, path: str
) -> None:
    inner = chart() | {
        "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n"
        f"- {{name: up, version: 1.0.0, repository: 'file://{path}'}}\n"
    }
    files = chart() | {f"apps/web/{path}": text for path, text in inner.items()}

    with pytest.raises((RenderFailed, PathNotFound)):
        rendered(repository(files), "apps/web")


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("missing.yaml", PathNotFound, "the value file missing.yaml: missing.yaml does not exist"),
        ("templates", PathNotFound, "the value file templates is a directory"),
        ("../../x.yaml", UnsafePath, "'./../../x.yaml' leads outside the repository"),
        ("/etc/passwd", UnsafePath, "'/etc/passwd' is absolute"),
        ("https://example.com/values.yaml", UnsafePath, "is remote: copy it into the repository"),
    ],
)
def test_a_value_file_that_cannot_be_read_is_named(
    repository: Repository, rendered: Render, path: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        rendered(repository(chart()), helm={"valueFiles": [path]})


def test_helms_own_message_is_told(repository: Repository, rendered: Render) -> None:
    files = chart(template='{{ fail "port must be set" }}')

    with pytest.raises(RenderFailed) as caught:
        rendered(repository({f"apps/web/{path}": text for path, text in files.items()}), "apps/web")

    assert caught.value.subject == "apps/web"
    assert caught.value.detail.startswith("helm: ")
    assert "web/templates/main.yaml:1:3" in caught.value.detail
    assert "port must be set" in caught.value.detail
    assert "/tmp" not in caught.value.detail


def test_a_templates_broken_yaml_is_told(repository: Repository, rendered: Render) -> None:
    with pytest.raises(RenderFailed, match=r"web/templates/main\.yaml.*YAML"):
        rendered(repository(chart(template="kind: [")))


def test_what_is_no_object_names_the_template(repository: Repository, rendered: Render) -> None:
    files = chart(template="apiVersion: v1\nkind: Secret\nmetadata: {}\n")

    with pytest.raises(ManifestInvalid) as caught:
        rendered(repository({f"apps/web/{path}": text for path, text in files.items()}), "apps/web")

    assert str(caught.value) == (
        "apps/web: apps/web/templates/main.yaml: Secret has no metadata.name but nothing"
    )


def test_a_directory_that_is_no_chart_is_named(repository: Repository, rendered: Render) -> None:
    with pytest.raises(PathNotFound, match=r"web: is no chart: it has no Chart.yaml"):
        rendered(repository({"web/values.yaml": ""}), "web", renderer="helm")


def test_the_result_is_what_helm_gives_by_hand(
    repository: Repository, rendered: Render, settings: RenderSettings
) -> None:
    tree = repository(chart(template=config_map("a", on="on", n="1e3", s='"0644"', o="0o7")))
    by_hand = subprocess.run(
        [settings.helm, "template", "web", str(tree.root)],
        capture_output=True, check=True,
    ).stdout  # fmt: skip

    result = rendered(tree, name="web")

    assert list(result.manifests) == [one for one in yaml.load_all(by_hand, source="x") if one]


def test_variables_are_filled_into_value_files(repository: Repository, rendered: Render) -> None:
    files = chart(template=ECHO) | {
        "prod.yaml": "replicas: ${size}\nhost: ${name}.example.com\nquoted: '${size}'\n"
        "kept: ${other} {{ .Release.Name }}\nzone: ${zone:=eu}\n",
        "more.yaml": "more: $${size}\n",
    }

    result = rendered(
        repository(files),
        helm={"valueFiles": ["prod.yaml", "more.yaml"]},
        variables={"size": "3", "name": "web", "zone": Missing("nobody knows")},
    )

    seen = values(result)
    assert isinstance(seen, dict)
    assert {key: seen[key] for key in ("replicas", "host", "quoted", "kept", "zone", "more")} == {
        "replicas": 3,
        "host": "web.example.com",
        "quoted": "3",
        "kept": "${other} {{ .Release.Name }}",
        "zone": "eu",
        "more": "${size}",
    }
