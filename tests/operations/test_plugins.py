"""What plugins render goes by a lane of its own, whoever asks for it."""

from typing import Any

from syncline.contract import queues
from syncline.contract.reports import PreviewRequest
from syncline.model.application import Application
from syncline.model.names import Uid
from syncline.model.run import Claim, Inputs, Report
from syncline.model.source import Source
from syncline.model.status import HealthStatus, Lane, Outcome, SyncStatus
from syncline.operations import previews
from syncline.scheduler import due as kinds
from syncline.store import due, runs
from syncline.store.connection import Store
from tests.operations.asked import (
    application,
    apply,
    claims,
    cluster,
    repository,
    settle,
    start,
    state,
)


def web(**source: Any) -> Application:
    plain = application("web", "east")
    made = Source.model_validate({"repository": "shop", "path": "web", **source})
    return plain.model_copy(update={"spec": plain.spec.model_copy(update={"given": made})})


def lanes(store: Store) -> list[Lane]:
    """By which lanes work is sent now; it is done then."""
    found = []
    for lane in Lane:
        for claim in claims(store, lane):
            found.append(lane)
            runs.fold(store, _report(claim))
    return found


def _report(claim: Claim) -> Report:
    return Report(
        lease=claim.lease,
        outcome=Outcome.SUCCEEDED,
        request=claim.request,
        sync=SyncStatus.SYNCED,
        health=HealthStatus.HEALTHY,
        reason="Succeeded",
        revision="c1",
        observed="c1",
        inputs=Inputs(repository=Uid("shop"), revision="main", paths={"web": "t1"}),
        steps={"render": 0.1},
        plugin=claim.application.spec.has_plugin,
        cluster_reachable=True,
    )


def test_its_first_run_goes_there_and_so_does_a_persons(store: Store) -> None:
    apply(store, repository(), cluster("east"), web(plugin={"name": "words"}))
    settle(store)

    assert lanes(store) == [Lane.PLUGIN]

    start(store, targets=("web@east",))
    settle(store)
    assert lanes(store) == [Lane.PLUGIN]


def test_previews_go_there_too(store: Store) -> None:
    apply(store, repository(), cluster("east"), web(plugin={"name": "words"}))
    apply(store, application("plain", "east"))
    settle(store)

    for name in ("web@east", "plain@east"):
        previews.ask(store, PreviewRequest(target=state(store, name).id, verb="diff"))

    asked = [each for each in due.take(store, 100) if each.kind in kinds.PREVIEWS]
    sent = {kinds.message(each, "").queue for each in asked}
    assert sent == {queues.PLUGIN, queues.USER}


def test_an_application_comes_and_goes(store: Store) -> None:
    apply(store, repository(), cluster("east"), web())
    settle(store)
    assert lanes(store) == [Lane.PUSH]

    apply(store, web(plugin={"name": "words"}))
    settle(store)
    assert lanes(store) == [Lane.PLUGIN]
    assert state(store, "web@east").heavy

    apply(store, web())
    settle(store)
    assert lanes(store) == [Lane.PLUGIN]  # the run that finds out
    assert not state(store, "web@east").heavy

    apply(store, web(path="other"))
    settle(store)
    assert lanes(store) == [Lane.PUSH]
