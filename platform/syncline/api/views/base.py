"""The roots of what the API answers and of what it is asked, and the types that they share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeAlias, TypeVar

from fastapi import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

Item = TypeVar("Item")


class View(BaseModel):
    """An answer: camelCase on the wire; written by us alone, so nothing is forbidden."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class Asked(BaseModel):
    """A request's body: camelCase on the wire, unknown fields are errors."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )


class Listing(View, Generic[Item]):
    """One page of a list."""

    items: list[Item] = Field(description="What matched, at most `limit` of them.")
    cursor: str | None = Field(
        default=None, description="Give it back to get the next page; null: this was the last."
    )


def answer(view: View) -> Response:
    """Write an answer that is asked for all the time; the route names its ``response_model``.

    FastAPI would write the same bytes, but hands each view to a thread once more to validate it.
    """
    return Response(view.model_dump_json(by_alias=True), media_type="application/json")


def moment(seconds: float) -> datetime | None:
    """Turn the store's seconds since the epoch into a time, to the millisecond; 0 means never."""
    return datetime.fromtimestamp(round(seconds, 3), UTC) if seconds else None


Moment: TypeAlias = Annotated[datetime | None, BeforeValidator(moment)]
"""A time that is given in the store's seconds."""
