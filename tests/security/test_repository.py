"""What a hostile repository writes, against real engines: docs/security.md names each."""

import gzip
import io
import tarfile

import pytest

from syncline.errors import LimitExceeded, ManifestInvalid, RenderFailed, UnsafePath
from tests.harness.dirtree import DirTree
from tests.renderers.bundles import Limited, Render, Repository, chart, config_map, names
from tests.renderers.conftest import limited, program, rendered, repository, settings

__all__ = ["limited", "program", "rendered", "repository", "settings"]

ESCAPES = "\x1b]0;owned\x07\x1b[2J\u202e\x9b31m"


def templated(repository: Repository, expression: str) -> DirTree:
    """A chart that writes what an expression gives."""
    return repository(chart(template=config_map("a", seen=f"{{{{ {expression} | quote }}}}")))


@pytest.mark.parametrize(
    "expression",
    [
        '.Files.Get "../../../../../../etc/passwd"',
        '.Files.Get "/etc/passwd"',
        '(.Files.Glob "/etc/*").AsConfig',
        '.Files.Get "charts/../../secret.txt"',
        'getHostByName "localhost"',
    ],
)
def test_a_template_reads_no_file_of_the_host_and_asks_no_server(
    repository: Repository, rendered: Render, expression: str
) -> None:
    tree = templated(repository, expression)

    seen = rendered(tree).manifests[0]["data"]["seen"]

    assert seen.strip() in {"", "{}"}


@pytest.mark.parametrize("function", ["env", "expandenv"])
def test_a_template_reads_no_environment(
    repository: Repository, rendered: Render, function: str
) -> None:
    with pytest.raises(RenderFailed, match=f'function "{function}" not defined'):
        rendered(templated(repository, f'{function} "HOME"'))


def test_a_template_that_never_ends_is_ended(
    repository: Repository, rendered: Render, limited: Limited
) -> None:
    forever = '{{- define "x" }}{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}'
    tree = repository(chart(**{"templates/_x.tpl": f'{forever}{{{{ include "x" . }}}}{{{{ end }}}}',
                               "templates/a.yaml": '{{ include "x" . }}'}))  # fmt: skip

    with pytest.raises(LimitExceeded, match="did not end within 2 s"):
        rendered(tree, under=limited(seconds=2))


def archive(*members: tuple[str, bytes]) -> bytes:
    """A packed chart `inner`, with these members besides."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as packed:
        for name, content in (
            ("inner/Chart.yaml", b"apiVersion: v2\nname: inner\nversion: 1.0.0\n"),
            ("inner/templates/a.yaml", config_map("inner").encode()),
            *members,
        ):
            head = tarfile.TarInfo(name)
            head.size = len(content)
            packed.addfile(head, io.BytesIO(content))
    return made.getvalue()


def holding(repository: Repository, packed: bytes) -> DirTree:
    """A chart that has the archive in its charts/."""
    tree = repository(chart())
    (tree.root / "charts").mkdir()
    (tree.root / "charts" / "inner-1.0.0.tgz").write_bytes(packed)
    return tree


def test_an_archive_as_it_should_be_is_read(repository: Repository, rendered: Render) -> None:
    assert names(rendered(holding(repository, archive()))) == ["inner", "release"]


@pytest.mark.parametrize("name", ["../../../evil", "inner/../../evil"])
def test_an_archive_that_climbs_is_refused(
    repository: Repository, rendered: Render, name: str
) -> None:
    with pytest.raises(RenderFailed, match=r"illegal|parent|absolute|outside"):
        rendered(holding(repository, archive((name, b"x"))))


def test_an_archive_that_swells_is_refused(repository: Repository, rendered: Render) -> None:
    packed = archive(("inner/big", bytes(110_000_000)))
    assert len(packed) < 1_000_000

    with pytest.raises((RenderFailed, LimitExceeded), match=r"larger than|more than|exceed"):
        rendered(holding(repository, packed))


def test_values_that_swell_are_refused(
    repository: Repository, rendered: Render, limited: Limited
) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    tree = repository(chart(**{"values.yaml": "\n".join(lines)}))

    with pytest.raises((RenderFailed, LimitExceeded)):
        rendered(tree, under=limited(memory=300_000_000, seconds=20))


def test_gzip_in_a_manifests_place_is_no_manifest(repository: Repository, rendered: Render) -> None:
    tree = repository({"web/a.txt": ""})
    (tree.root / "web" / "a.yaml").write_bytes(gzip.compress(config_map("a").encode()))

    with pytest.raises(ManifestInvalid, match="is not UTF-8"):
        rendered(tree, "web")


@pytest.mark.parametrize(
    "function", ["exec: {path: ./evil}", "container: {image: evil}", "starlark: {path: evil.star}"]
)
@pytest.mark.parametrize("place", ["generators", "transformers", "validators"])
def test_a_kustomization_runs_no_function(
    repository: Repository, rendered: Render, place: str, function: str
) -> None:
    configured = (
        "apiVersion: example.com/v1\nkind: Evil\nmetadata:\n  name: evil\n  annotations:\n"
        f"    config.kubernetes.io/function: |\n      {function}\n"
    )
    tree = repository(
        {
            "web/kustomization.yaml": f"resources: [a.yaml]\n{place}: [evil.yaml]\n",
            "web/a.yaml": config_map("a"),
            "web/evil.yaml": configured,
            "web/evil": "#!/bin/sh\ncat /etc/passwd\n",
            "web/evil.star": "1",
        }
    )

    with pytest.raises(RenderFailed, match="external plugins disabled"):
        rendered(tree, "web")


@pytest.mark.parametrize("name", ["--post-renderer=x", "-f", "--values=x.yaml", "$(id)", "a;b"])
def test_a_name_is_never_an_option_or_a_command(
    repository: Repository, rendered: Render, name: str
) -> None:
    tree = repository({f"{name}/{path}": text for path, text in chart().items()})

    made = rendered(tree, name, helm={"valueFiles": ["values.yaml"]})

    assert names(made) == ["release"]


@pytest.mark.parametrize("name", ["--help", "-e", "$(id).jsonnet"])
def test_a_programs_name_is_never_an_option(
    repository: Repository, rendered: Render, name: str
) -> None:
    program = "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'a'}}"
    tree = repository({name: program, "-J/x.libsonnet": "1"})

    made = rendered(tree, renderer="jsonnet", jsonnet={"entry": name, "libs": ["-J"]})

    assert names(made) == ["a"]


@pytest.mark.parametrize("renderer", ["helm", "kustomize", "jsonnet"])
def test_an_engines_words_hold_no_terminal_escapes(
    repository: Repository, rendered: Render, renderer: str
) -> None:
    tree = repository(
        {
            **chart(template=f'{{{{ fail "{ESCAPES} no zone" }}}}'),
            "k/kustomization.yaml": f'namePrefix: {{"{ESCAPES[:1]}": "no zone"}}\n'.replace(
                "\x1b", "\\e"
            ),
            "main.jsonnet": f"error '{ESCAPES} no zone'",
        }
    )

    with pytest.raises((RenderFailed, ManifestInvalid)) as caught:
        rendered(tree, "k" if renderer == "kustomize" else ".", renderer=renderer)

    assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(str(caught.value))


def test_names_that_differ_in_case_are_two_files(repository: Repository, rendered: Render) -> None:
    tree = repository({"web/a.yaml": config_map("lower"), "web/A.yaml": config_map("upper")})

    assert names(rendered(tree, "web")) == ["upper", "lower"]


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "..%2f..%2fetc/passwd"])
def test_a_path_in_an_option_stays_inside(
    repository: Repository, rendered: Render, path: str
) -> None:
    with pytest.raises(Exception, match=r"outside|absolute|does not exist") as caught:
        rendered(repository(chart()), helm={"valueFiles": [path]})

    assert "root:" not in str(caught.value)
    if "%" not in path:
        assert isinstance(caught.value, UnsafePath)
