from collections.abc import Callable
from pathlib import Path

import pytest

from syncline.errors import LimitExceeded, RenderFailed
from syncline.model.source import RendererName
from syncline_workers.renderers import sandbox, tools
from syncline_workers.renderers.isolation import Needs
from tests.harness import poll
from tests.renderers.bundles import Limited, Program
from tools import pins

Run = Callable[..., bytes]


@pytest.fixture
def run(tmp_path: Path, limited: Limited, program: Program) -> Run:
    """Runs a Python text as a renderer."""
    home = tmp_path / "home"
    home.mkdir()

    def call(
        text: str,
        *,
        shown: dict[str, str] | None = None,
        needs: Needs = sandbox.NOTHING,
        **limits: object,
    ) -> bytes:
        return sandbox.run(
            [program(text)],
            home=home,
            settings=limited(**limits),
            subject="apps/web",
            shown=shown or {},
            needs=needs,
        )

    return call


def test_the_output_is_returned_and_the_input_is_closed(run: Run) -> None:
    assert run("import sys; print(repr(sys.stdin.read()))") == b"''\n"


def test_nothing_of_our_environment_is_seen(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNCLINE_KEY", "hunter2")

    seen = run("import os; print(os.environ)").decode()

    assert "SYNCLINE_KEY" not in seen
    assert "hunter2" not in seen


def test_a_slow_renderer_is_ended(run: Run) -> None:
    with pytest.raises(LimitExceeded) as caught:
        run("import signal; signal.pause()", seconds=0.5)

    assert str(caught.value) == (
        "apps/web: fake-renderer did not end within 0.5 s (SYNCLINE_RENDER_TIMEOUT)"
    )


def test_a_renderer_that_closes_its_output_is_ended_too(run: Run) -> None:
    with pytest.raises(LimitExceeded, match="did not end"):
        run("import os, signal; os.close(1); os.close(2); signal.pause()", seconds=0.5)


def test_a_renderer_that_never_stops_talking_is_ended_too(run: Run) -> None:
    with pytest.raises(LimitExceeded, match="did not end"):
        run("import sys\nwhile True: sys.stderr.write('x' * 100)", seconds=0.5)


@pytest.mark.parametrize(
    ("mode", "message"), [(None, "No such file or directory"), (0o644, "Permission denied")]
)
def test_what_cannot_be_started_is_named(
    limited: Limited, tmp_path: Path, mode: int | None, message: str
) -> None:
    helm = tmp_path / "helm"
    if mode is not None:
        helm.write_text("#!/bin/sh\n")
        helm.chmod(mode)

    with pytest.raises(RenderFailed) as caught:
        sandbox.run([str(helm)], home=tmp_path, settings=limited(), subject="web", shown={})

    assert str(caught.value) == f"web: {helm} cannot be started: {message}"


def test_no_process_outlives_the_end(run: Run, tmp_path: Path) -> None:
    forks = "import os, signal\nfor _ in range(6): os.fork()\nsignal.pause()"

    with pytest.raises(LimitExceeded, match="did not end"):
        run(forks, seconds=1, needs=Needs(host=True))

    mine = str(tmp_path / "fake-renderer").encode()
    poll.until(lambda: not running(mine), within=10, what="its forks are gone")


def running(argument: bytes) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if argument in (process / "cmdline").read_bytes().split(b"\0"):
                found.append(process.name)
        except OSError:
            continue  # it ended meanwhile
    return found


def test_endless_output_is_cut_off_while_it_is_read(run: Run) -> None:
    with pytest.raises(LimitExceeded) as caught:
        run("while True: print('x' * 10_000)", output=100_000)

    assert str(caught.value) == (
        "apps/web: fake-renderer wrote more than 100000 bytes (SYNCLINE_RENDER_OUTPUT)"
    )


def test_endless_words_of_failure_are_dropped(run: Run) -> None:
    text = "import sys\nfor _ in range(1000): sys.stderr.write('x' * 10_000)\nsys.exit(3)"

    with pytest.raises(RenderFailed) as caught:
        run(text)

    assert len(caught.value.detail) <= sandbox.MESSAGE + len("fake-renderer: ")


def test_memory_is_limited(run: Run) -> None:
    with pytest.raises(RenderFailed, match="MemoryError"):
        run("bytearray(500_000_000)", memory=200_000_000)


@pytest.mark.parametrize(
    "said",
    [
        "fatal error: runtime: out of memory",
        "SIGSEGV: segmentation violation\nPC=0x4321bd m=3 sigcode=1\n\ngoroutine 0 m=3:\n",
    ],
)
def test_gos_word_for_it_is_a_limit(run: Run, said: str) -> None:
    go = f"import sys; sys.exit({said!r})"

    with pytest.raises(LimitExceeded, match=r"needs more than 2000000000 bytes \(SYNCLINE_RENDER"):
        run(go)


def test_files_are_limited(run: Run) -> None:
    with pytest.raises(RenderFailed, match="File too large"):
        run(
            "import os; open(os.environ['TMPDIR'] + '/big', 'wb').write(b'x' * 200_000)",
            output=100_000,
        )


def test_a_failure_is_told_in_the_renderers_words_and_our_paths(run: Run) -> None:
    text = "import sys; sys.exit('Error: /private/tree/web/a.yaml and /private/tree are wrong')"

    with pytest.raises(RenderFailed) as caught:
        run(text, shown={"/private/tree": ""})

    assert str(caught.value) == "apps/web: fake-renderer: web/a.yaml and . are wrong"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import sys; sys.exit(3)", "ended with status 3 and said nothing"),
        ("import ctypes; ctypes.string_at(0)", "killed by signal 11, as by too little memory"),
    ],
)
def test_a_silent_failure_has_words_too(run: Run, text: str, message: str) -> None:
    with pytest.raises(RenderFailed, match=message):
        run(text)


def test_a_long_message_keeps_its_beginning_and_its_end() -> None:
    cut = sandbox.cut("begin " + "x" * 5000 + " end")

    assert cut.startswith("begin ")
    assert cut.endswith(" end")
    assert len(cut) == sandbox.MESSAGE


def test_given_bytes_are_on_its_standard_input(run: Run) -> None:
    given = bytes(range(256)) * 1000

    echo = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"
    assert run(echo, needs=Needs(given=given)) == given


@pytest.mark.parametrize("name", [RendererName.HELM, RendererName.KUSTOMIZE, RendererName.JSONNET])
def test_the_version_is_the_pinned_one(name: RendererName, limited: Limited) -> None:
    assert tools.version(name, limited(), subject="web") == f"v{pins.renderer(name)}"


def test_plain_has_no_version_but_ours(limited: Limited) -> None:
    assert tools.version(RendererName.PLAIN, limited(), subject="web") == ""


def test_a_replaced_binary_is_asked_again(limited: Limited, program: Program) -> None:
    first = tools.version(RendererName.HELM, limited(helm=program("print('v1')")), subject="web")
    second = tools.version(RendererName.HELM, limited(helm=program("print('v22')")), subject="web")

    assert (first, second) == ("v1", "v22")


def test_a_missing_binary_says_how_to_get_it(limited: Limited) -> None:
    with pytest.raises(RenderFailed, match=r"^web: there is no helm \('no-helm'\): get it with"):
        tools.version(RendererName.HELM, limited(helm="no-helm"), subject="web")
