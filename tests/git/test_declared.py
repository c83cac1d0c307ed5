"""Where a repository says that its submodules are; read by git, and not believed."""

import os
from pathlib import Path

import pytest

from syncline.model.giturl import parse
from syncline_workers.git import command, declared
from syncline_workers.git.walk import Unsafe


def module(name: str, path: str, url: str) -> str:
    return f'[submodule "{name}"]\n\tpath = {path}\n\turl = {url}\n'


def read(text: str | bytes) -> dict[str, str]:
    content = text.encode() if isinstance(text, str) else text
    return declared.read(content, command.environment(os.environ), cwd=Path.cwd())


def test_paths_and_urls_are_read_as_git_reads_them() -> None:
    quoted = '# where\n[submodule "a \\"b"]\n  url = "../a # b.git" ; no\n  path = vendor/a\n'
    ignored = '[core]\n\tpath = x\n[submodule "u"]\n\tupdate = !touch ran\n\tpath = v/u\n'

    found = read(quoted + ignored + module("c", "vendor/c/", "https://git.example/c"))

    assert found == {"vendor/a": "../a # b.git", "vendor/c": "https://git.example/c"}


def test_no_other_file_is_included(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text(module("a", "vendor/a", "../a"))

    assert read(f"[include]\n\tpath = {other}\n") == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[submodule "x', "cannot be read"),
        (b"\xff\x00", "cannot be read"),
        (module("../../x", "v", "../lib.git"), "holds the name '../../x', which git refuses"),
        (module("a\\\\..\\\\b", "v", "../lib.git"), "which git refuses"),
        (module("-x", "v", "../lib.git"), "holds the name '-x'"),
        (module("lib", "../x", "../lib.git"), "holds the path '../x'"),
        (module("lib", "/x", "../lib.git"), "holds the path '/x'"),
        (module("lib", "-x", "../lib.git"), "holds the path '-x'"),
        (module("lib", "v", "-u./x"), "holds the URL '-u./x'"),
        (module("a", "v", "../a.git") + module("b", "v", "../b.git"), "names 'v' twice"),
        (module("a", "v", "../a") + module("a", "v", "../b"), "gives submodule 'a' two values"),
    ],
)
def test_what_git_refuses_is_refused(text: str | bytes, told: str) -> None:
    with pytest.raises(Unsafe) as refused:
        read(text)

    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("written", "outer", "meant"),
    [
        ("../lib.git", "https://git.example/org/app.git", "https://git.example/org/lib.git"),
        ("./lib", "https://git.example:8443/org/app", "https://git.example:8443/org/app/lib"),
        ("../../other/lib", "https://git.example/org/app", "https://git.example/other/lib"),
        ("../lib", "git@git.example:org/app.git", "git@git.example:org/lib"),
        ("../../lib", "git@git.example:org/app.git", "git@git.example:lib"),
        ("../lib", "ssh://git@git.example/org/app", "ssh://git@git.example/org/lib"),
        ("../lib", "/srv/git/app", "/srv/git/lib"),
        ("https://a.example/x", "https://git.example/org/app", "https://a.example/x"),
    ],
)
def test_relative_urls_begin_at_the_outer_repository(written: str, outer: str, meant: str) -> None:
    assert declared.resolved(written, parse(outer)).address == meant


@pytest.mark.parametrize("outer", ["https://git.example/app", "git@git.example:app", "/app"])
def test_relative_urls_do_not_climb_above_the_host(outer: str) -> None:
    with pytest.raises(Unsafe, match="climbs above its host"):
        declared.resolved("../../lib", parse(outer))


@pytest.mark.parametrize("written", ["../a/../lib.git", "lib.git", "../li b", "../lib?x"])
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(Unsafe, match="the submodule's URL"):
        declared.resolved(written, parse("https://git.example/org/app"))
