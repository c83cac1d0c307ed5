import pytest
from pydantic import ValidationError

from syncline.errors import PathNotFound
from syncline.model.renderer_options import PlainOptions
from syncline_workers.renderers import globs
from tests.renderers.bundles import Render, Repository, config_map, names


@pytest.mark.parametrize(
    ("pattern", "path", "is_match"),
    [
        ("*.yaml", "a.yaml", True),
        ("*.yaml", "sub/a.yaml", True),
        ("a.yaml", "sub/a.yaml", True),
        ("./*.yaml", "a.yaml", False),
        ("sub/*.yaml", "sub/a.yaml", True),
        ("sub/*.yaml", "sub/inner/a.yaml", False),
        ("sub/**", "sub/inner/a.yaml", True),
        ("sub/**", "other/a.yaml", False),
        ("**", "sub/inner/a.yaml", True),
        ("**/inner/*.yaml", "inner/a.yaml", True),
        ("**/inner/*.yaml", "x/y/inner/a.yaml", True),
        ("a/**/b/**/c.yaml", "a/b/c.yaml", True),
        ("a/**/b/**/c.yaml", "a/x/b/y/z/c.yaml", True),
        ("a/**/b/**/c.yaml", "a/x/y/c.yaml", False),
        ("[ab]?.yaml", "ax.yaml", True),
        ("[!a]?.yaml", "ax.yaml", False),
        ("A.yaml", "a.yaml", False),
    ],
)
def test_a_glob_matches(pattern: str, path: str, *, is_match: bool) -> None:
    assert globs.matches(pattern, path) is is_match


def test_a_glob_made_to_take_for_ever_does_not() -> None:
    hostile = "/".join(["**"] * 40 + ["*a" * 40 + "*b"])

    assert not globs.matches(hostile, "/".join(["a" * 200] * 40))


@pytest.mark.parametrize("pattern", ["", "/etc/*", "../*.yaml", "a//b", "x" * 257])
def test_what_is_no_glob_below_the_path_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationError):
        PlainOptions(include=(pattern,))


FILES = {
    "web/a.yaml": config_map("a"),
    "web/a-test.yaml": config_map("a-test"),
    "web/crds/b.json": '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "b"}}',
    "web/crds/inner/c.yaml": config_map("c"),
    "web/.hidden/d.yaml": config_map("d"),
}


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, ["a-test", "a", "b", "c"]),
        ({"recurse": False}, ["a-test", "a"]),
        ({"include": ["crds/**"]}, ["b", "c"]),
        ({"include": ["*.json", "a.yaml"]}, ["a", "b"]),
        ({"exclude": ["*-test.yaml", "crds/**", "matches-nothing"]}, ["a"]),
        ({"include": ["**"], "exclude": ["crds/*"]}, ["a-test", "a", "c"]),
    ],
)
def test_globs_choose_among_the_manifests(
    repository: Repository, rendered: Render, options: dict[str, object], found: list[str]
) -> None:
    assert names(rendered(repository(FILES), "web", plain=options)) == found


@pytest.mark.parametrize("pattern", [".hidden/*", "README.md"])
def test_a_glob_that_matches_nothing_names_what_is_there(
    repository: Repository, rendered: Render, pattern: str
) -> None:
    with pytest.raises(PathNotFound) as caught:
        rendered(repository(FILES), "web", plain={"include": [pattern]})

    assert str(caught.value) == (
        f"web: plain.include {pattern!r} matches no manifest: "
        "there is a-test.yaml, a.yaml, crds/b.json, crds/inner/c.yaml"
    )


def test_only_some_of_many_names_are_told(repository: Repository, rendered: Render) -> None:
    tree = repository({f"web/{n:02}.yaml": config_map(f"c{n}") for n in range(12)})

    with pytest.raises(PathNotFound, match=r"there is 00.yaml, .*, 09.yaml and 2 more$"):
        rendered(tree, "web", plain={"include": ["x"]})


def test_globs_hold_for_a_path_that_is_a_file(repository: Repository, rendered: Render) -> None:
    tree = repository(FILES)

    assert names(rendered(tree, "web/a.yaml", plain={"include": ["a.yaml"]})) == ["a"]
    with pytest.raises(PathNotFound, match=r"there is a\.yaml$"):
        rendered(tree, "web/a.yaml", plain={"include": ["b.yaml"]})


def test_lists_and_many_documents_in_json_and_yaml_are_read(
    repository: Repository, rendered: Render
) -> None:
    secret = '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "%s"}}'
    tree = repository(
        {
            "web/a.json": f'{{"apiVersion": "v1", "kind": "List", "items": [{secret % "a1"}, '
            f"{secret % 'a2'}]}}",
            "web/b.yaml": "apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: b}\n",
            "web/c.yaml": f"---\n{config_map('c1')}---\n{config_map('c2')}...\n",
        }
    )

    assert names(rendered(tree, "web")) == ["a1", "a2", "b", "c1", "c2"]
