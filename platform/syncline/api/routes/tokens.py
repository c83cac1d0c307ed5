"""Tokens: made, listed, revoked; only by administrators."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

from fastapi import APIRouter, Request

from syncline.api.auth import needs
from syncline.api.requests import context
from syncline.api.views.asked import TokenAsked
from syncline.api.views.base import Listing
from syncline.api.views.trail import TokenMade, TokenView
from syncline.errors import NotFound
from syncline.model.access import Scope
from syncline.store import tokens

router = APIRouter(prefix="/tokens", tags=["tokens"], dependencies=[needs(Scope.ADMIN)])


@router.post("", summary="Make a token", status_code=HTTPStatus.CREATED)
def create(request: Request, asked: TokenAsked) -> TokenMade:
    """The answer holds the token, this once: it is kept only as a hash."""
    store = context(request).store
    ttl = timedelta(seconds=asked.ttl_seconds) if asked.ttl_seconds else None
    plain = tokens.create(store, asked.name, scopes=tuple(asked.scopes), ttl=ttl)
    made = tokens.verify(store, plain)
    if made is None:
        raise NotFound(f"Token/{asked.name}", "was revoked or expired while it was made")
    return TokenMade(**TokenView.of(made).model_dump(), token=plain)


@router.get("", summary="List tokens")
def list_all(request: Request) -> Listing[TokenView]:
    """Names and scopes, never the tokens themselves."""
    found = tokens.page(context(request).store)
    return Listing(items=[TokenView.of(each) for each in found])


@router.delete("/{ident}", summary="Revoke a token", status_code=HTTPStatus.NO_CONTENT)
def revoke(request: Request, ident: str) -> None:
    """It ends at once."""
    if not tokens.revoke(context(request).store, ident):
        raise NotFound(f"Token/{ident}", "does not exist: GET /api/v1/tokens lists all")
