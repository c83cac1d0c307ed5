"""``docs/reference/metrics.md``: every metric of ``/metrics``."""

from syncline.api.metrics import table
from syncline.api.metrics.metric import Metric
from syncline.store import tally
from tools.reference import markdown

INTRODUCTION = f"""\
`GET /metrics` of any server answers for the whole installation: take `max` over servers, since
`sum` would count double. It needs a token with the scope `metrics` (`syncline token create
prometheus --scope metrics`), unless `SYNCLINE_SERVER_OPEN_METRICS` is set.
Counters and histograms lie in the store and survive restarts of all roles.

Bounds of durations: {", ".join(f"{bound:g}" for bound in tally.STEPS)} s; of waits:
{", ".join(f"{bound:g}" for bound in tally.WAITS)} s."""


def render() -> str:
    """The page."""
    parts = [f"## {title}\n\n{_table(metrics)}" for title, metrics in table.GROUPS.items()]
    return markdown.page("Metrics", "platform/syncline/api/metrics", INTRODUCTION, *parts)


def _table(metrics: tuple[Metric, ...]) -> str:
    rows = [
        (
            markdown.code(each.name),
            each.kind.value,
            ", ".join(map(markdown.code, each.labels)),
            each.unit,
            each.help,
        )
        for each in metrics
    ]
    return markdown.table(("Metric", "Type", "Labels", "Unit", "Meaning"), rows)
