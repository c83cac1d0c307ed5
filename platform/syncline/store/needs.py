"""What scripts need of an application's document: fields of its record, beside the document."""

from __future__ import annotations

import orjson

from syncline.model.application import Application


def of_application(document: Application) -> dict[str, str]:
    """Return the fields; `others` only where its sources follow several things."""
    spec = document.spec
    (repository, followed), *others = spec.follows
    found = {
        "project": document.metadata.project,
        "repository_name": repository,
        "revision": followed,
        "automated": "1" if spec.sync_policy.automated else "",
        "self_heal": "1" if spec.sync_policy.self_heal else "",
        "parents": " ".join(sorted({each.parent for each in spec.depends_on})),
    }
    return found | {"others": orjson.dumps(others).decode()} if others else found
