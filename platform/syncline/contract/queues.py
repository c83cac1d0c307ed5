"""The broker's queues: one for each lane, and two for work that is nobody's target.

Separate queues instead of Redis priorities: each can be seen, scaled and measured by itself.
"""

from __future__ import annotations

from syncline.model.status import Lane

USER = "user"
PUSH = "push"
HEAVY = "heavy"
PLUGIN = "plugin"
DRIFT = "drift"
LOOKUP = "lookup"  # repositories: short, and everything waits for them
CHECK = "check"  # clusters and health: short

ALL = (USER, LOOKUP, PUSH, CHECK, HEAVY, PLUGIN, DRIFT)
"""In the order in which a worker that serves all of them looks."""

BROKER_PREFIX = "syncline:broker:"
"""In front of every key that Celery keeps in Redis."""

FOR_LANE = {
    Lane.USER: USER,
    Lane.PUSH: PUSH,
    Lane.HEAVY: HEAVY,
    Lane.PLUGIN: PLUGIN,
    Lane.DRIFT: DRIFT,
}
