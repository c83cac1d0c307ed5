"""The benchmark of cold renders still runs, and what both sides render is equal."""

import sys

import pytest

from tests.bench import render


def test_both_sides_render_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["render", "--count", "5"])
    monkeypatch.setattr(render, "save", lambda *_: "nowhere")

    render.main()  # ends where an engine's output differs from ours

    assert "kustomize" in capsys.readouterr().out
