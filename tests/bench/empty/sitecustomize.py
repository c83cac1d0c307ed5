"""Python imports this at its start, where this folder is on its path: a worker's runs are empty.

From the claim they go to the report, so that what a run costs is what the queue costs.
"""

import sys

if "syncline_workers.app:app" in sys.orig_argv:
    from syncline.model.run import Report
    from syncline_workers.change.plan import Plan
    from syncline_workers.pipeline import reconcile, succeeding
    from syncline_workers.pipeline.attempt import Attempt

    def _empty(attempt: Attempt) -> Report:
        attempt.revision = attempt.claim.head
        return succeeding.report(attempt, Plan(apply=(), skip=(), prune=()), kept=())

    reconcile._sync = _empty
