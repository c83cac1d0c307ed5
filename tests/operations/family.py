"""A parent, ``infra``, and a child, ``web``: what the tests of dependencies act with."""

from typing import Any

from syncline.contract.reports import ClusterReport, HealthReport, LookupReport, TargetHealth
from syncline.model import wanted
from syncline.model.names import TargetId, Uid
from syncline.model.request import Request, TriggerKind
from syncline.model.run import Claim, Inputs
from syncline.model.status import HealthStatus, Phase, SyncStatus
from syncline.store import checks, clusters, documents, keys, runs, sources, targets
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.operations.asked import (
    EVERYWHERE,
    application,
    apply,
    claims,
    cluster,
    repository,
    settle,
    state,
    uid,
)
from tests.store import world as make
from tests.store.world import request

NOT_READY = "DependencyNotReady"
INFRA = [{"application": "infra"}]


def head(store: Store, commit: str, *, unaffected: tuple[str, ...] = ()) -> None:
    """A look-up found this commit; it changes all but these inputs. All clusters answer."""
    for record in documents.all_clusters(store):
        clusters.fold_cluster(store, ClusterReport(cluster=record.uid, reachable=True))
    report = LookupReport(
        repository=uid(store, Kind.REPOSITORY, "shop"),
        heads={"main": commit},
        unaffected={"main": unaffected},
    )
    sources.fold_lookup(store, report)
    settle(store)


def fleet(store: Store, depends_on: list[dict[str, str]] = INFRA, **policy: Any) -> None:
    """``infra`` and ``web`` on both clusters, none of which has run."""
    apply(store, repository(), cluster("east", {"at": "east"}), cluster("west", {"at": "west"}))
    apply(
        store,
        application("web", EVERYWHERE, depends_on=depends_on, **policy),
        application("infra", EVERYWHERE, labels={"tier": "base"}),
    )
    settle(store)
    head(store, "c1")


def finish(store: Store, claim: Claim, **values: Any) -> None:
    digest = wanted.digest(claim.application, claim.cluster)
    inputs = Inputs(repository="shop", revision=claim.head, paths={claim.application.name: "t"})
    told = {"wanted": digest, "gone": claim.deleting, "inputs": inputs}
    assert runs.fold(store, make.report(claim, **{**told, **values}))


def round_of(store: Store, **values: Any) -> list[str]:
    """What is ready runs; returns its names in order, and what follows is done."""
    found = claims(store)
    for claim in found:
        finish(store, claim, **values)
    settle(store)
    return sorted(str(each.name) for each in found)


def rounds(store: Store) -> list[list[str]]:
    """All that can run does; what ran together stands together."""
    return list(iter(lambda: round_of(store), []))


def synced(store: Store, depends_on: list[dict[str, str]] = INFRA, **policy: Any) -> None:
    fleet(store, depends_on, **policy)
    rounds(store)
    assert state(store, "web@east").sync is SyncStatus.SYNCED


def look(store: Store, name: str, health: HealthStatus, *, follow_up: bool = True) -> None:
    """A look at the health of a target."""
    found = state(store, name)
    seen = TargetHealth(target=found.id, fence=found.fence, health=health)
    checks.fold(store, HealthReport(cluster=Uid(found.id.partition(".")[2]), targets=(seen,)))
    if follow_up:
        settle(store)


def ask(store: Store, name: str, wish: Request | None = None) -> TargetId:
    target = state(store, name).id
    runs.trigger(store, [target], wish or request(TriggerKind.PUSH))
    return target


def waits(store: Store, name: str) -> str:
    """Why a target waits."""
    found = state(store, name)
    assert (found.reason, found.held, found.phase) == (NOT_READY, True, Phase.IDLE), found
    return found.message


def waiting_for(store: Store) -> dict[str, set[str]]:
    rows = {each.id: each.name for each in targets.page(store, limit=1000).items}
    found = store.redis.keys(f"{keys.PREFIX}waiting:*")
    return {
        rows.get(TargetId(subject), subject): {
            rows[TargetId(each)] for each in store.redis.zrange(keys.WAITING(subject), 0, -1)
        }
        for subject in (key.removeprefix(f"{keys.PREFIX}waiting:") for key in found)
    }


def blocked(store: Store) -> None:
    synced(store)
    look(store, "infra@east", HealthStatus.DEGRADED)
