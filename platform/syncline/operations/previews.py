"""Questions about one target that a worker answers: what would be rendered, what would change."""

from __future__ import annotations

from syncline.contract.reports import PreviewRequest
from syncline.model.names import Uid
from syncline.store import due, previews, targets
from syncline.store.connection import Store


def ask(store: Store, request: PreviewRequest) -> Uid:
    """Keep a question and have a worker answer it now; ``store.previews.result`` has the answer."""
    uid = previews.ask(store, request)
    kind = "plugged" if request.target and targets.has_plugin(store, request.target) else "preview"
    due.add(store, f"{kind}:{uid}")
    return uid
