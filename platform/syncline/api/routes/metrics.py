"""What Prometheus scrapes, outside of the API's prefix, where it looks by default."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from syncline.api.metrics import metric, reading
from syncline.api.metrics.table import METRICS
from syncline.api.requests import context

PATH = "/metrics"

router = APIRouter(tags=["metrics"])


@router.get(
    PATH,
    summary="Metrics, as Prometheus reads them",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "docs/reference/metrics.md"}},
)
def metrics(request: Request) -> Response:
    """Of the whole installation, whichever server is asked."""
    found = reading.read(context(request))
    return Response(metric.text(METRICS, found), media_type=CONTENT_TYPE_LATEST)
