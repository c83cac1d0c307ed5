import pytest

from syncline.errors import LimitExceeded, ManifestInvalid, PathNotFound, UnsafePath
from syncline.model.source import RendererName
from tests.renderers.bundles import Limited, Render, Repository, config_map, names


def test_every_manifest_below_the_path_is_read_in_the_order_of_paths(
    repository: Repository, rendered: Render
) -> None:
    tree = repository(
        {
            "web/b.yaml": f"{config_map('b1')}---\n---\n{config_map('b2')}",
            "web/a.yml": config_map("a"),
            "web/sub/c.json": '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "c"}}',
            "web/README.md": "# not one",
            "web/.hidden.yaml": "not: one",
            "web/.github/workflow.yaml": "not: one",
            "web/chart/Chart.yaml": "a source of its own",
            "web/chart/values.yaml": "not: one",
            "web/overlay/kustomization.yaml": "likewise",
            "web/overlay/patches/patch.yaml": "not: one",
            "other/d.yaml": config_map("d"),
        }
    )

    result = rendered(tree, "web/")

    assert names(result) == ["a", "b1", "b2", "c"]
    assert result.renderer is RendererName.PLAIN
    assert result.inputs == tree.ids(["web"])


def test_one_file_can_be_the_path(repository: Repository, rendered: Render) -> None:
    tree = repository({"web/a.yaml": config_map("a"), "web/b.yaml": config_map("b")})

    result = rendered(tree, "web/a.yaml")

    assert names(result) == ["a"]
    assert result.inputs == tree.ids(["web/a.yaml"])


def test_the_root_can_be_the_path(repository: Repository, rendered: Render) -> None:
    tree = repository({"a.yaml": config_map("a"), "values.yaml/Chart.yaml": "a directory"})

    assert names(rendered(tree)) == ["a"]


def test_a_chart_can_be_read_as_plain(repository: Repository, rendered: Render) -> None:
    tree = repository({"Chart.yaml": "name: x", "a.yaml": config_map("a")})

    assert names(rendered(tree, renderer="plain")) == ["a"]


def test_no_manifest_renders_to_nothing(repository: Repository, rendered: Render) -> None:
    assert rendered(repository({"web/README.md": ""}), "web").manifests == ()


def test_links_inside_the_repository_are_followed_and_are_inputs(
    repository: Repository, rendered: Render
) -> None:
    tree = repository({"shared/a.yaml": config_map("a"), "web/b.yaml": config_map("b")})
    (tree.root / "web" / "a.yaml").symlink_to("../shared/a.yaml")
    before = rendered(tree, "web")

    (tree.root / "shared" / "a.yaml").write_text(config_map("changed"))

    assert names(before) == ["a", "b"]
    assert tree.ids(["web"])["web"] == before.inputs["web"]
    assert tree.ids(before.inputs) != before.inputs


def test_a_link_out_of_the_repository_is_refused(repository: Repository, rendered: Render) -> None:
    tree = repository({"web/b.yaml": config_map("b")})
    (tree.root / "web" / "passwd.yaml").symlink_to("/etc/passwd")

    with pytest.raises(UnsafePath, match=r"web/passwd\.yaml leads outside the repository"):
        rendered(tree, "web")


@pytest.mark.parametrize("path", ["/etc", "../other", "web/../../other", "web\0"])
def test_a_path_out_of_the_repository_is_refused(
    repository: Repository, rendered: Render, path: str
) -> None:
    with pytest.raises(UnsafePath, match=r"is absolute|leads outside the repository"):
        rendered(repository({"web/a.yaml": ""}), path)


def test_a_missing_path_is_named(repository: Repository, rendered: Render) -> None:
    with pytest.raises(PathNotFound, match="wbe does not exist"):
        rendered(repository({"web/a.yaml": ""}), "wbe")


def test_broken_yaml_names_file_document_and_line(repository: Repository, rendered: Render) -> None:
    tree = repository({"web/a.yaml": f"{config_map('a')}---\nkind: [\n"})

    with pytest.raises(ManifestInvalid) as caught:
        rendered(tree, "web")

    assert str(caught.value).startswith("web/a.yaml: document 2, line 8, column 1: did not find")


def test_an_alias_bomb_is_refused(repository: Repository, rendered: Render) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    tree = repository({"web/bomb.yaml": "\n".join(lines)})

    with pytest.raises(LimitExceeded, match=r"^web/bomb.yaml: document 1, line 5, column .* 50000"):
        rendered(tree, "web")


def test_a_manifest_of_100_mb_is_refused_without_being_read(
    repository: Repository, rendered: Render
) -> None:
    tree = repository({"web/a.yaml": ""})
    with (tree.root / "web" / "a.yaml").open("wb") as file:
        file.truncate(100_000_000)

    with pytest.raises(LimitExceeded, match=r"web/a.yaml has more than 10000000 bytes"):
        rendered(tree, "web")


def test_many_files_together_are_limited(
    repository: Repository, rendered: Render, limited: Limited
) -> None:
    tree = repository({f"web/{n}.yaml": config_map(f"c{n}") for n in range(10)})

    with pytest.raises(LimitExceeded, match="web: has more than 500 bytes of manifests"):
        rendered(tree, "web", under=limited(output=500))
    with pytest.raises(LimitExceeded, match="web: renders more than 9 objects"):
        rendered(tree, "web", under=limited(documents=9))


def test_parameters_are_filled_in_with_the_type_that_yaml_gives_them(
    repository: Repository, rendered: Render
) -> None:
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
        '  replicas: ${replicas}\n  quoted: "${replicas}"\n  host: ${name}.${zone}\n'
        "  script: echo ${HOME} $${name} $$${name}\n  ${name}: key\n"
    )

    result = rendered(
        repository({"web/a.yaml": text}),
        "web",
        parameters={"replicas": "3", "name": "east", "zone": "example.com"},
    )

    assert result.manifests[0]["spec"] == {
        "replicas": 3,
        "quoted": "3",
        "host": "east.example.com",
        "script": "echo ${HOME} ${name} $${name}",
        "${name}": "key",
    }


def test_what_is_filled_in_is_never_yaml_structure(
    repository: Repository, rendered: Render
) -> None:
    tree = repository({"web/a.yaml": config_map("a", value="${sly}")})

    result = rendered(tree, "web", parameters={"sly": "x\nkind: Secret # {{ ${sly} }}"})

    assert result.manifests[0]["data"] == {"value": "x\nkind: Secret # {{ ${sly} }}"}
