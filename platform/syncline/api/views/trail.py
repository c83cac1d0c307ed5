"""What happened: events for watchers, the audit trail, tokens."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from syncline.api.views.base import View, moment
from syncline.model.access import TokenInfo
from syncline.model.journal import AuditRecord


class PositionView(View):
    """Where the stream of events ends now."""

    id: str = Field(description="Send it as Last-Event-ID to read only what comes later.")


class AuditView(View):
    """One thing that somebody asked for."""

    id: str
    at: datetime | None
    actor: str
    verb: str = Field(description="apply, delete, sync, cancel, retry ...")
    subject: str = Field(description="What it was about.")
    why: str
    detail: str

    @classmethod
    def of(cls, record: AuditRecord) -> AuditView:
        """Show a record."""
        return cls(
            id=record.id,
            at=moment(record.at),
            actor=record.actor,
            verb=record.verb,
            subject=record.subject,
            why=record.reason,
            detail=record.detail,
        )


class TokenView(View):
    """A token, without itself."""

    id: str = Field(description="What it is revoked by.")
    name: str
    scopes: list[str]
    created_at: datetime | None
    expires_at: datetime | None = Field(description="null: never.")

    @classmethod
    def of(cls, token: TokenInfo) -> TokenView:
        """Show a token."""
        return TokenView(
            id=token.id,
            name=token.name,
            scopes=[scope.value for scope in token.scopes],
            created_at=moment(token.created_at),
            expires_at=moment(token.expires_at or 0),
        )


class TokenMade(TokenView):
    """A token, this once with itself."""

    token: str = Field(description="Shown this once; kept as a hash.")


class HookTaken(View):
    """A push was noted."""

    repositories: int = Field(description="Registered repositories that are looked up now.")
