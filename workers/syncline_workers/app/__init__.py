"""Composition of a worker: the Celery app, its tasks, and the ports filled with real things.

Celery finds ``app`` here by name (``--app syncline_workers.app:app``). Connections are made lazily
in each child process, never before the fork.
"""

from syncline_workers.app.celery import app

__all__ = ["app"]
