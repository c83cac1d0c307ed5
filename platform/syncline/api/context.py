"""What an app is made with: the store, its settings, and the feed of events."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.api.broker import Broker
from syncline.api.feed import Feed
from syncline.api.sight import Sight
from syncline.store.connection import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One for each app; routes get it from ``requests.context``."""

    store: Store
    broker: Broker
    feed: Feed
    sight: Sight
