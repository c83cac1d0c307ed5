"""One subject, one router, one file. Each route declares the scope that it needs."""

from syncline.api.routes import (
    applications,
    apply,
    audit,
    backup,
    clusters,
    differences,
    doctor,
    events,
    fleet,
    hooks,
    operations,
    previews,
    queue,
    repositories,
    schemas,
    targets,
    tokens,
    windows,
)

ROUTERS = (
    fleet.router,
    applications.router,
    clusters.router,
    repositories.router,
    windows.router,
    targets.router,
    operations.router,
    queue.router,
    apply.router,
    previews.router,
    differences.router,
    hooks.router,
    events.router,
    audit.router,
    backup.router,
    tokens.router,
    schemas.router,
    doctor.router,
)
"""In the order in which the reference shows them."""
