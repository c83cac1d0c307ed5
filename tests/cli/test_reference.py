"""The reference is what the code says: every route, command, setting and field of a document."""

from collections.abc import Iterator

import pytest
import typer
from pydantic import BaseModel

from syncline.api.app import describe
from syncline.model import schemas
from syncline.settings import Settings
from tools import docs
from tools.reference import cli

STABLE = {
    *("up", "server", "scheduler", "worker", "flower", "simulate"),
    *("apply", "get", "describe", "delete", "sync", "diff", "status", "history"),
    *("operation", "cluster", "repo", "schema", "render", "doctor", "health"),
}


@pytest.mark.parametrize("page", sorted(docs.PAGES))
def test_a_page_is_what_the_code_says(page: str) -> None:
    written = (docs.FOLDER / page).read_text()

    assert written == docs.PAGES[page](), "run `make docs`"


def test_no_command_that_scripts_rely_on_is_missing() -> None:
    commands = typer.main.get_command(cli.program()).commands  # type: ignore[attr-defined]

    assert set(commands) >= STABLE


def test_every_command_and_option_has_its_help() -> None:
    silent = [
        f"{' '.join(path)} {param.opts[0]}"
        for path, command in _commands(typer.main.get_command(cli.program()), ())
        for param in command.params
        if not param.help
    ]

    assert silent == []


def test_every_setting_has_its_description() -> None:
    silent = [
        f"{group}.{name}"
        for group, outer in Settings.model_fields.items()
        for name, field in outer.annotation.model_fields.items()
        if not field.description
    ]

    assert silent == []


def test_every_field_of_a_document_has_its_description() -> None:
    silent = [
        f"{model.__name__}.{name}"
        for kind in schemas.KINDS.values()
        for model in _models(kind)
        for name, field in model.model_fields.items()
        if not field.description and name != "kind" and not _is_model(field.annotation)
    ]

    assert silent == []


def test_every_route_has_its_summary_and_every_parameter_its_meaning() -> None:
    silent = [
        f"{method} {path} {each['name']}"
        for path, methods in describe()["paths"].items()
        for method, route in methods.items()
        for each in route.get("parameters", [])
        if each["in"] != "path" and not each.get("description")
    ]

    assert silent == []


def _commands(command: typer.core.TyperGroup, path: tuple[str, ...]) -> Iterator[tuple]:
    for name, each in command.commands.items():
        if hasattr(each, "commands"):
            yield from _commands(each, (*path, name))
        else:
            yield (*path, name), each


def _is_model(annotation: object) -> bool:
    """A part that is a model of its own: its docstring stands for a description."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if _is_model(inner):
                yield from _models(inner)
