"""The backend as Celery sees it: no keys of its own, no pub/sub, no group or chord state."""

from __future__ import annotations

from typing import Any

from celery.backends.base import Backend, SyncBackendMixin
from celery.states import FAILURE, PENDING, SUCCESS

from syncline.contract.tasks import RECONCILE
from syncline.errors import StoreUnavailable
from syncline.store import runs
from syncline.store.connection import Store
from syncline_workers.results import folding, rounds


class FleetBackend(Backend, SyncBackendMixin):  # type: ignore[misc]
    """Folds reports, failures and lost processes; answers ``AsyncResult`` from the run's state.

    Celery retries a fold while the store is away (bounded, see the app's settings); one that cannot
    be stored at all is redone by the scheduler's sweep, since its target stays silent.
    """

    persistent = True
    supports_autoexpire = True
    supports_native_join = False

    @property
    def _store(self) -> Store:
        store: Store = self.app.syncline_store()  # made after the fork, one for each process
        return store

    def _store_result(
        self,
        task_id: str,
        result: Any,
        state: str,
        traceback: str | None = None,  # noqa: ARG002 - Celery's signature
        request: Any = None,
        **_kwargs: Any,
    ) -> Any:
        task = getattr(request, "task", None) or ""
        if state == SUCCESS:
            folding.fold(result, self._store)
            rounds.answered(self._store, request)
            if task and task != RECONCILE.name:
                folding.count(self._store, task, ok=folding.is_good(result))
        elif state == FAILURE:
            about = getattr(request, "argsrepr", None) or ""
            folding.fold_failure(self._store, task, task_id, result, subject=about)
        return result

    def encode_result(self, result: Any, state: str) -> Any:  # noqa: ARG002 - Celery's signature
        """Leave it as it is: neither a report nor an error passes a serializer."""
        return result

    def exception_safe_to_retry(self, exc: Exception) -> bool:
        """A store that is away may come back."""
        return isinstance(exc, StoreUnavailable)

    def _get_task_meta_for(self, task_id: str) -> dict[str, Any]:
        found = runs.result_of(self._store, task_id)
        return found or {"status": PENDING, "result": None, "task_id": task_id}

    def _forget(self, task_id: str) -> None:
        """Nothing is kept for a task alone."""

    def get_many(self, *_args: Any, **_kwargs: Any) -> Any:
        """Refuse: operations report the progress of many targets, not groups of tasks."""
        raise NotImplementedError("use an operation to follow many targets")
