"""Fields whose places a cluster fills in (``places``), and which mean something once they are."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints

from syncline.errors import InvalidDocument
from syncline.model import places, weburl

_STAND_IN: Final = "1"  # for what a cluster fills in: good as a part of a host, and as a port


def _fillable(text: str) -> str:
    _filled(text)
    return text


def _with_variables(text: str) -> str:
    try:
        places.fill(text, lambda _: _STAND_IN)
    except places.Unresolved as exc:
        raise ValueError(str(exc)) from None
    return text


def _url(url: str) -> str:
    try:
        weburl.parse(_filled(url))
    except InvalidDocument as exc:
        raise ValueError(exc.detail) from None
    return url


def _server(url: str) -> str:
    if "?" in url:
        raise ValueError("holds a query: write the server's address alone")
    return url


def _filled(text: str) -> str:
    try:
        return places.fill(text, _stands_in)
    except places.Unresolved as exc:
        raise ValueError(str(exc)) from None


def _stands_in(place: places.Place) -> str:
    if place.of == "variables":
        raise places.Unresolved(f"{place.written}: variables are not known here")
    return _STAND_IN


Url = Annotated[
    str, StringConstraints(min_length=1, max_length=weburl.LONGEST), AfterValidator(_url)
]
"""A URL."""

Server = Annotated[Url, AfterValidator(_server)]
"""The URL of a server, below which it is asked."""

Query = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(_fillable)]
"""A query."""

Text = Annotated[
    str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(_with_variables)
]
"""Any text that means something to a tool of its own; variables are filled in, too."""

OfCluster = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_fillable)]
"""Any text in which nothing but what is known of a cluster is filled in."""
