"""The Celery result backend that aggregates: storing a task's result *is* folding its report.

One round trip instead of two, and the state of the fleet can never disagree with the task.
"""
