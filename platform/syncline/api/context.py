"""What an app is made with: the store, its settings, the feed of events, the way out of traces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline.api.broker import Broker
from syncline.api.feed import Feed
from syncline.api.sight import Sight
from syncline.store.connection import Store

if TYPE_CHECKING:
    from syncline.tracing.exporter import Exporter


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One for each app; routes get it from ``requests.context``."""

    store: Store
    broker: Broker
    feed: Feed
    sight: Sight
    exporter: Exporter | None = None  # None: traces are off
