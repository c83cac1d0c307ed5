"""Query parameters that several routes take."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

MAX_LIMIT = 500

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items in a page.")]
Cursor = Annotated[str | None, Query(max_length=500, description="From the page before; opaque.")]
Selected = Annotated[
    str | None, Query(max_length=1000, description="Only with these labels: team=shop,tier!=test.")
]
StreamId = Annotated[
    str | None, Query(pattern=r"^\d{1,20}-\d{1,20}$", description="From the page before; opaque.")
]
Why = Annotated[str, Query(alias="reason", max_length=1000, description="For the audit trail.")]
