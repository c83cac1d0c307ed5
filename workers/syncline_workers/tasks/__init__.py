"""The Celery tasks, each under ten lines; no decision is made here.

A task unpacks its payload, calls a plain function of the pipeline and returns its report, which the
result backend folds.
"""

from syncline_workers.tasks.contract import register

__all__ = ["register"]
