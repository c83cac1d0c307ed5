"""The data plane: Celery workers that fetch, render and apply; see docs/architecture.md."""
