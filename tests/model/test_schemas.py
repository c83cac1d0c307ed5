from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from syncline.errors import InvalidDocument, NotFound
from syncline.model import parse, schemas, yaml

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "fleet").glob("*.yaml"))


def validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(schemas.of(kind))


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property that a schema declares, at any depth, by its path."""
    if not isinstance(schema, dict):
        return
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}/{name}", inner
    for name, inner in schema.items():
        yield from properties(inner, f"{path}/{name}")


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_a_schema_is_one_of_draft_2020_12(kind: str) -> None:
    schema = schemas.of(kind)

    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"https://syncline.dev/v1alpha1/{kind}"
    assert schema["description"]


def test_one_schema_takes_every_kind() -> None:
    schema = schemas.any_kind()

    Draft202012Validator.check_schema(schema)
    for path in EXAMPLES:
        for document in yaml.load_all(path.read_bytes(), source=path.name):
            Draft202012Validator(schema).validate(document)


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(NotFound, match="kind 'Cluser': does not exist"):
        schemas.of("Cluser")


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_every_property_is_described(kind: str) -> None:
    schema = schemas.of(kind)
    definitions = schema.get("$defs", {})

    bare = [
        path
        for path, inner in properties(schema)
        if "description" not in inner
        and not definitions.get(inner.get("$ref", "").rpartition("/")[2], {}).get("description")
    ]

    assert bare == []


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_every_default_is_valid_itself(kind: str) -> None:
    schema = schemas.of(kind)

    for _, inner in properties(schema):
        if "default" in inner:
            whole = {"$defs": schema.get("$defs", {}), **inner}
            Draft202012Validator(whole).validate(inner["default"])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_fit_their_schemas(path: Path) -> None:
    for document in yaml.load_all(path.read_bytes(), source=path.name):
        validator(document["kind"]).validate(document)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: document["metadata"].update(lables={}),
        lambda document: document["metadata"].update(name="Upper"),
        lambda document: document["spec"].pop("source"),
        lambda document: document["spec"]["syncPolicy"].update(interval="soon"),
        lambda document: document["spec"]["syncPolicy"].update(self_heal=True),
        lambda document: document["spec"]["source"].update(renderer="ksonnet"),
        lambda document: document["spec"].update(parameters={"replicas": 3}),
    ],
)
def test_schema_and_parser_refuse_the_same(spoil: Any) -> None:
    path = next(path for path in EXAMPLES if path.stem == "queue")
    (document,) = yaml.load_all(path.read_bytes(), source=path.name)
    parse.parse_mapping(document, source=path.name)

    spoil(document)

    with pytest.raises(ValidationError):
        validator("Application").validate(document)
    with pytest.raises(InvalidDocument):
        parse.parse_mapping(document, source=path.name)
