"""Where the programs come from, in which order, and what is said where one cannot be had."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import poll
from tools import cache, pins, programs

FILL = """
import sys
from tools import cache
with cache.staging("thing", "1") as draft:
    if draft is not None:
        (draft / "half").touch()
        print("filling", flush=True)
        sys.stdin.readline()
        (draft / "whole").touch()
print("made" if draft else "found", flush=True)
"""


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing on PATH, nothing in the cache, no variable set."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)


def program(path: Path, *, says: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def fill() -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", FILL]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def test_a_helm_on_path_of_the_pinned_version_is_taken(tmp_path: Path) -> None:
    on_path = program(tmp_path / "bin" / "helm", says=f'Version:"v{pins.renderer("helm")}"')

    assert programs.find("helm") == programs.Found(name="helm", path=on_path, source="PATH")


def test_a_helm_of_another_version_gives_way_to_the_cache(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "helm", says='Version:"v3.1.0"')
    cached = program(cache.entry("helm", pins.renderer("helm")) / "helm")

    assert programs.find("helm") == programs.Found(name="helm", path=cached, source="cache")


def test_a_missing_renderer_is_named_with_how_to_get_it(tmp_path: Path) -> None:
    version = pins.renderer("kustomize")

    with pytest.raises(programs.Absent) as caught:
        programs.find("kustomize")

    assert str(caught.value) == (
        f"no kustomize {version}: not on PATH, and there is no "
        f"{tmp_path}/cache/syncline/kustomize/{version}/kustomize; "
        "get it with: python3 tools/get.py renderers"
    )


def test_a_kubectl_of_the_control_planes_version_is_taken(tmp_path: Path) -> None:
    on_path = program(tmp_path / "bin" / "kubectl", says=f"Client Version: {pins.kubernetes()}")

    assert programs.find("kubectl") == programs.Found(name="kubectl", path=on_path, source="PATH")


def test_a_missing_kubectl_is_named_with_how_to_get_it(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "kubectl", says="Client Version: v1.32.4")

    with pytest.raises(programs.Absent) as caught:
        programs.find("kubectl")

    assert str(caught.value).endswith("get it with: python3 tools/get.py kubectl")


def test_kubectl_is_built_from_the_modules_of_the_control_planes_version() -> None:
    version = pins.kubernetes().replace("v1.", "v0.")

    assert f"k8s.io/kubectl {version}" in (pins.KUBECTL / "go.mod").read_text()


def test_kubebuilder_assets_come_before_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in programs.SERVERS:
        program(cache.entry("controlplane", pins.control_plane_key()) / name)
    for name in programs.SERVERS[:2]:
        program(tmp_path / "assets" / name)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path / "assets"))

    found = programs.get("controlplane")

    assert (found.path, found.source) == (tmp_path / "assets", "KUBEBUILDER_ASSETS")


def test_kubebuilder_assets_without_the_programs_are_an_error_and_build_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))

    with pytest.raises(programs.Absent) as caught:
        programs.get("controlplane")

    assert str(caught.value) == (
        f"no etcd and no kube-apiserver in {tmp_path}: "
        "unset KUBEBUILDER_ASSETS, or let it name a directory that holds them"
    )


def test_the_command_ends_with_1_where_it_may_not_build() -> None:
    command = [sys.executable, "tools/get.py", "controlplane", "--no-build"]

    ended = subprocess.run(command, cwd=pins.ROOT, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.endswith("get them with: python3 tools/get.py controlplane\n")


def test_of_two_that_make_an_entry_one_waits_and_finds_it() -> None:
    half, entry = cache.home() / "thing" / ".1.draft" / "half", cache.entry("thing", "1")
    with fill() as first, fill() as second:
        poll.until(half.exists, within=30, what="the entry half made")
        assert not entry.exists()
        for one in (first, second):
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()
        outcomes = [one.communicate()[0].split()[-1] for one in (first, second)]

    assert sorted(outcomes) == ["found", "made"]
    assert (entry / "whole").exists()


def test_an_entry_whose_maker_was_killed_is_made_anew() -> None:
    with fill() as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "filling\n"
        killed.kill()
    with fill() as second:
        assert second.communicate("\n")[0].split() == ["filling", "made"]

    assert sorted(path.name for path in cache.entry("thing", "1").iterdir()) == ["half", "whole"]


def test_a_build_without_a_module_proxy_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin" / "go", says="go version go1.99.0 linux/amd64")
    go = tmp_path / "bin" / "go"
    go.write_text(go.read_text() + '[ "$1" = version ] || { echo lookup; exit 1; }\n')

    with pytest.raises(programs.Absent) as caught:
        programs.get("helm")

    assert str(caught.value).endswith(
        "\nlookup\nlet Go reach its module proxy (GOPROXY) and try again, "
        f"or put helm {pins.renderer('helm')} on PATH"
    )
    assert not cache.entry("helm", pins.renderer("helm")).exists()
