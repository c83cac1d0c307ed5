import json
import subprocess

import pytest

from syncline.errors import (
    InvalidDocument,
    LimitExceeded,
    ManifestInvalid,
    PathNotFound,
    RenderFailed,
    UnsafePath,
)
from syncline.model.source import RendererName
from syncline.settings import RenderSettings
from syncline_workers.renderers import imports
from tests.renderers.bundles import Limited, Render, Repository, names

OBJECT = (
    "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: '%s'}, data: {v: std.toString(%s)}}"
)


def made(name: str, value: str = "1") -> str:
    """An object, with a name and code for a value."""
    return OBJECT % (name, value)


def test_a_program_is_found_and_evaluated(repository: Repository, rendered: Render) -> None:
    tree = repository({"web/main.jsonnet": made("a", "1 + 1"), "web/other.jsonnet": "error 'no'"})

    result = rendered(tree, "web")

    assert result.renderer is RendererName.JSONNET
    assert result.manifests[0]["data"] == {"v": "2"}
    assert set(result.inputs) == {
        "web/main.jsonnet",
        "web/Chart.yaml",
        "web/kustomization.yaml",
        "web/kustomization.yml",
        "web/Kustomization",
    }
    assert tree.ids(result.inputs) == result.inputs


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("web/app.jsonnet", {}),
        ("web", {"entry": "app.jsonnet"}),
        ("web/a", {"entry": "../app.jsonnet"}),
    ],
)
def test_a_program_can_be_named(
    repository: Repository, rendered: Render, path: str, options: dict[str, str]
) -> None:
    tree = repository({"web/app.jsonnet": made("a"), "web/a/main.jsonnet": made("b")})

    assert names(rendered(tree, path, renderer="jsonnet", jsonnet=options)) == ["a"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"[{made('a')}, {made('b')}]", ["a", "b"]),
        (f"{{apiVersion: 'v1', kind: 'List', items: [{made('a')}]}}", ["a"]),
        (f"std.objectValues({{x: {made('a')}, y: {made('b')}}})", ["a", "b"]),
        ("[]", []),
    ],
)
def test_it_evaluates_to_one_manifest_or_to_many(
    repository: Repository, rendered: Render, text: str, found: list[str]
) -> None:
    assert names(rendered(repository({"main.jsonnet": text}))) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{web: {}, api: {}}", "is no manifest (its keys: api, web): let it be one, or an array"),
        ("[1]", "main.jsonnet [0]: is no Kubernetes object but 1"),
        ("'text'", "main.jsonnet: is no Kubernetes object but 'text'"),
        ("{kind: 'ConfigMap'}", "main.jsonnet: is no Kubernetes object, apiVersion is nothing"),
    ],
)
def test_what_is_no_manifest_is_refused(
    repository: Repository, rendered: Render, text: str, message: str
) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        rendered(repository({"main.jsonnet": text}))

    assert message in str(caught.value)


def test_arguments_and_variables_are_strings_or_code(
    repository: Repository, rendered: Render
) -> None:
    values = '[count, std.extVar("x"), std.extVar("y")]'
    text = f"function(name, count=0) {made('a', values)} + {{metadata: {{name: name}}}}"
    tree = repository({"main.jsonnet": text})

    result = rendered(
        tree,
        jsonnet={
            "tlas": {"name": "web", "count": {"code": "2 + 1"}},
            "extVars": {"x": "{{ $(id) = \n", "y": {"code": "{a: std.extVar('cluster')}"}},
        },
        parameters={"cluster": "east"},
    )

    assert names(result) == ["web"]
    assert json.loads(result.manifests[0]["data"]["v"]) == [3, "{{ $(id) = \n", {"a": "east"}]


def test_a_parameter_that_is_a_variable_too_is_refused(
    repository: Repository, rendered: Render
) -> None:
    with pytest.raises(InvalidDocument, match=r"zone is a parameter and in jsonnet\.extVars"):
        rendered(
            repository({"main.jsonnet": "[]"}),
            jsonnet={"extVars": {"zone": "a"}},
            parameters={"zone": "b"},
        )


VALUES = '[k.v, importstr "note.txt", std.length(importbin "note.txt")]'


def test_imports_are_followed_and_are_inputs(repository: Repository, rendered: Render) -> None:
    tree = repository(
        {
            "apps/web/main.jsonnet": "local k = import 'k.libsonnet'; "
            f"local w = import '../web.libsonnet'; {made('a', VALUES)} + {{metadata: w}}",
            "apps/web/note.txt": "hello",
            "apps/web.libsonnet": "(import 'names.json') + {}",
            "apps/names.json": '{"name": "a"}',
            "apps/web/vendor/k.libsonnet": "import 'github.com/x/k/main.libsonnet'",
            "apps/web/vendor/github.com/x/k/main.libsonnet": "{v: import 'v.libsonnet'}",
            "apps/web/vendor/github.com/x/k/v.libsonnet": "7",
            "apps/web/vendor/github.com/x/k/unused.libsonnet": "8",
        }
    )

    result = rendered(tree, "apps/web", jsonnet={"libs": ["vendor"]})

    assert result.manifests[0]["data"]["v"] == '[7, "hello", 5]'
    assert tree.ids(result.inputs) == result.inputs
    assert {path for path, found in result.inputs.items() if found} == {
        "apps/web/main.jsonnet",
        "apps/web/note.txt",
        "apps/web.libsonnet",
        "apps/names.json",
        "apps/web/vendor/k.libsonnet",
        "apps/web/vendor/github.com/x/k/main.libsonnet",
        "apps/web/vendor/github.com/x/k/v.libsonnet",
    }
    assert "apps/web/k.libsonnet" in result.inputs  # it would have come first


def test_later_libraries_win_and_the_file_itself_before_them(
    repository: Repository, rendered: Render, settings: RenderSettings
) -> None:
    files = {
        "main.jsonnet": made("a", "[import 'x.libsonnet', import 'y.libsonnet']"),
        "one/x.libsonnet": "'one'",
        "two/x.libsonnet": "'two'",
        "one/y.libsonnet": "'one'",
        "y.libsonnet": "'beside'",
    }
    tree = repository(files)

    result = rendered(tree, jsonnet={"libs": ["one", "two"]})

    command = [settings.jsonnet, "-J", "one", "-J", "two", "main.jsonnet"]
    alone = subprocess.run(command, cwd=tree.root, capture_output=True, check=True)
    assert result.manifests[0] == json.loads(alone.stdout)
    assert result.manifests[0]["data"]["v"] == '["two", "beside"]'


def test_expressions_import_from_the_libraries(repository: Repository, rendered: Render) -> None:
    tree = repository(
        {"main.jsonnet": f"function(v) {made('a', 'v')}", "lib/east.libsonnet": "{zone: 'b'}"}
    )

    result = rendered(
        tree, jsonnet={"libs": ["lib"], "tlas": {"v": {"code": "(import 'east.libsonnet').zone"}}}
    )

    assert result.manifests[0]["data"] == {"v": "b"}
    assert result.inputs["lib/east.libsonnet"]


def test_what_is_never_needed_may_be_missing(repository: Repository, rendered: Render) -> None:
    text = f"if true then {made('a')} else import 'missing.libsonnet'"
    tree = repository({"main.jsonnet": text})

    result = rendered(tree)

    assert names(result) == ["a"]
    assert result.inputs["missing.libsonnet"] == ""


def test_where_it_lies_on_the_disk_is_not_seen(repository: Repository, rendered: Render) -> None:
    tree = repository({"web/main.jsonnet": made("a", "std.thisFile")})

    assert rendered(tree, "web").manifests[0]["data"] == {"v": "web/main.jsonnet"}


@pytest.mark.parametrize(
    "text",
    [
        "importstr '/etc/passwd'",
        "import '/etc/passwd'",
        "importbin @'/etc/passwd'",
        'importstr "/etc/pass\\u0077d"',
        "importstr '../../etc/passwd'",
        "importstr /* sly */ '../../../../../../etc/passwd'",
    ],
)
def test_an_import_out_of_the_repository_is_refused(
    repository: Repository, rendered: Render, text: str
) -> None:
    tree = repository({"web/main.jsonnet": made("a", text)})

    with pytest.raises(
        UnsafePath, match=r"^web/main\.jsonnet: .*(leads outside|write it relative)"
    ):
        rendered(tree, "web")


def test_an_expression_imports_nothing_else_either(
    repository: Repository, rendered: Render
) -> None:
    tree = repository({"main.jsonnet": "function(v) v"})

    with pytest.raises(UnsafePath, match="write it relative"):
        rendered(tree, jsonnet={"libs": ["."], "tlas": {"v": {"code": "importstr '/etc/passwd'"}}})
    with pytest.raises(RenderFailed, match="couldn't open import"):
        rendered(tree, jsonnet={"tlas": {"v": {"code": "importstr '../../../etc/passwd'"}}})


@pytest.mark.parametrize("options", [{"entry": "../../x"}, {"libs": ["/usr/lib"]}])
def test_a_program_or_library_out_of_the_repository_is_refused(
    repository: Repository, rendered: Render, options: dict[str, object]
) -> None:
    with pytest.raises(UnsafePath):
        rendered(repository({"web/main.jsonnet": "[]"}), "web", jsonnet=options)


def test_a_missing_program_is_named(repository: Repository, rendered: Render) -> None:
    with pytest.raises(PathNotFound, match=r"web/app\.jsonnet does not exist"):
        rendered(
            repository({"web/a.yaml": ""}),
            "web",
            renderer="jsonnet",
            jsonnet={"entry": "app.jsonnet"},
        )


def test_a_failure_is_told_in_jsonnets_words_and_our_paths(
    repository: Repository, rendered: Render
) -> None:
    tree = repository({"web/main.jsonnet": "local x = 1;\nerror 'no zone'"})

    with pytest.raises(RenderFailed) as caught:
        rendered(tree, "web")

    assert str(caught.value).startswith(
        "web/main.jsonnet: jsonnet: RUNTIME ERROR: no zone\n\tweb/main.jsonnet:2:1-16"
    )


def test_infinite_recursion_is_an_error(repository: Repository, rendered: Render) -> None:
    with pytest.raises(RenderFailed, match="max stack frames exceeded"):
        rendered(repository({"main.jsonnet": "local f(x) = f(x + 1) + 1; f(0)"}))


def test_a_program_that_never_ends_is_ended(
    repository: Repository, rendered: Render, limited: Limited
) -> None:
    tree = repository({"main.jsonnet": "local f(x) = f(x + 1) tailstrict; f(0)"})

    with pytest.raises(LimitExceeded, match="did not end within 1 s"):
        rendered(tree, under=limited(seconds=1))


def test_a_program_that_takes_all_memory_is_ended(
    repository: Repository, rendered: Render, limited: Limited
) -> None:
    tree = repository({"main.jsonnet": "std.length(std.makeArray(200000000, function(i) [i, i]))"})

    with pytest.raises(LimitExceeded, match="needs more than 300000000 bytes"):
        rendered(tree, under=limited(memory=300_000_000))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import 'a'", [("a", True)]),
        ('importstr "a\\\\b\\n\\u0041"', [("a\\b\nA", False)]),
        ("importbin @'it''s'", [("it's", False)]),
        ("import // x\n # y\n /* z */ 'a'", [("a", True)]),
        ("# import 'a'\n// import 'b'\n/* import 'c' */ 1", []),
        ("'import \"a\"' + 'x'", []),
        ("|||\n  import 'a'\n  it's\n||| + import 'b'", [("b", True)]),
        ("{ important: 'a', import_: 'b', x: import 'c' }", [("c", True)]),
        ("import 'a' + import 'a'", [("a", True)]),
        ("'unfinished", []),
    ],
)
def test_imports_are_read_as_jsonnet_reads_them(text: str, found: list[tuple[str, bool]]) -> None:
    assert list(imports._imports(text)) == found
