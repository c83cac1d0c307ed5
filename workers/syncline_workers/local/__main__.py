"""``python -m syncline_workers.local``: one LocalRender on standard input, a PreviewReport out."""

from __future__ import annotations

import sys

from syncline import logs
from syncline.contract.local import LocalRender
from syncline.contract.reports import PreviewReport
from syncline.errors import SynclineError
from syncline.model.names import Uid
from syncline_workers.local import rendering
from syncline_workers.pipeline.failure import describe


def main() -> int:
    """Answer what is asked; returns the exit status."""
    logs.configure(level="error")
    asked = LocalRender.model_validate_json(sys.stdin.buffer.read())
    try:
        report = rendering.render(asked)
    except SynclineError as exc:
        report = PreviewReport(preview=Uid("local"), error=describe(exc))
    sys.stdout.write(report.model_dump_json())
    return 0


if __name__ == "__main__":
    sys.exit(main())
