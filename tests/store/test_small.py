"""Tokens, the leader, previews, the render cache, the fleet repository, audit and events."""

from datetime import timedelta

import pytest

from syncline.contract.reports import FollowReport, PreviewReport, PreviewRequest
from syncline.errors import Conflict, CredentialRefused
from syncline.model.access import Scope, TokenInfo
from syncline.model.change import InventoryEntry, ObjectRef
from syncline.model.journal import AuditRecord
from syncline.model.names import TargetId, Uid
from syncline.model.request import Request, Trigger, TriggerKind
from syncline.model.state import HistoryEntry
from syncline.model.status import HealthStatus, Outcome
from syncline.store import (
    audit,
    connection,
    due,
    events,
    fleet,
    keys,
    leader,
    migrations,
    notes,
    previews,
    rendered,
    rendering,
    targets,
    tokens,
)
from syncline.store.connection import Store, now
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import open_store

SECOND = timedelta(seconds=1)


def test_a_token_is_shown_once_and_known_by_its_hash(store: Store) -> None:
    token = tokens.create(store, "ci", ["read", "hook"])

    found = tokens.verify(store, token)

    assert token.startswith("syncline_")
    assert found is not None
    assert found == TokenInfo(
        id=found.id, name="ci", scopes=(Scope.READ, Scope.HOOK), created_at=found.created_at
    )
    assert tokens.page(store) == [found]
    everything = [str(store.redis.dump(key)) for key in store.redis.scan_iter("*")]
    assert not any(token in text for text in everything)


def test_an_unknown_token_opens_nothing(store: Store) -> None:
    tokens.create(store, "ci", ["admin"])

    assert tokens.verify(store, "syncline_guess") is None
    assert tokens.verify(store, "") is None


def test_a_revoked_token_opens_nothing(store: Store) -> None:
    token = tokens.create(store, "ci", ["admin"])
    found = tokens.verify(store, token)
    assert found is not None

    assert tokens.revoke(store, found.id)

    assert tokens.verify(store, token) is None
    assert not tokens.revoke(store, found.id)


def test_an_expired_token_is_refused_and_forgotten(store: Store) -> None:
    token = tokens.create(store, "ci", ["admin"], timedelta(hours=1))
    found = tokens.verify(store, token)
    assert found is not None
    assert found.expires_at == pytest.approx(now(store) + 3600, abs=5)
    [key] = store.redis.scan_iter(f"{keys.PREFIX}token:*")

    store.redis.pexpire(key, 0)

    assert tokens.verify(store, token) is None
    assert tokens.page(store) == []
    assert store.redis.hlen(keys.TOKENS()) == 0


def test_a_misspelt_scope_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="'root'"):
        tokens.create(store, "ci", ["root"])


def test_one_leader_at_a_time_with_a_growing_fence(store: Store) -> None:
    first = leader.elect(store, "chores", "a", SECOND)
    again = leader.elect(store, "chores", "a", SECOND)
    other = leader.elect(store, "chores", "b", SECOND)
    leader.resign(store, "chores", "b")
    held = leader.elect(store, "chores", "b", SECOND)
    leader.resign(store, "chores", "a")

    assert (first, again, other, held) == (1, 1, None, None)
    assert leader.elect(store, "chores", "b", SECOND) == 2
    assert leader.elect(store, "other", "a", SECOND) == 1


def test_a_leader_that_is_silent_loses_its_lease(store: Store) -> None:
    leader.elect(store, "chores", "a", SECOND)
    store.redis.pexpire(keys.LEADER("chores"), 0)

    assert leader.elect(store, "chores", "b", SECOND) == 2


def test_a_preview_is_asked_answered_and_sealed(store: Store) -> None:
    question = PreviewRequest(target=TargetId("a.b"), verb="diff", revision="v1")
    uid = previews.ask(store, question)
    assert previews.get(store, uid) == question
    assert previews.result(store, uid) is None
    answer = PreviewReport(preview=uid, manifests=({"kind": "ConfigMap"},))

    previews.answer(store, answer)

    assert previews.result(store, uid) == answer
    assert previews.result(store, uid, wait=SECOND) == answer
    kept = store.binary.get(keys.PREVIEW_ANSWER(uid))
    assert b"ConfigMap" not in kept
    assert 0 < store.redis.ttl(keys.PREVIEW_ANSWER(uid)) <= previews.TTL


def test_who_waits_for_a_preview_is_woken_and_so_is_the_next_one(store: Store) -> None:
    uid = previews.ask(store, PreviewRequest(target=TargetId("a.b"), verb="render"))
    store.redis.lpush(keys.PREVIEW_BELL(uid), "1")  # rung, and the answer is still on its way

    assert previews.result(store, uid, wait=SECOND) is None
    assert store.redis.llen(keys.PREVIEW_BELL(uid)) == 1


def test_a_preview_that_nobody_answers_is_waited_for_no_longer_than_asked(store: Store) -> None:
    assert previews.result(store, Uid("nobody"), wait=timedelta(milliseconds=20)) is None
    assert previews.get(store, Uid("nobody")) is None


def answered(store: Store, size: int = 0) -> Uid:
    """A preview whose answer has so many bytes, about."""
    uid = previews.ask(store, PreviewRequest(target=TargetId("a.b"), verb="render"))
    previews.answer(store, PreviewReport(preview=uid, manifests=({"kind": "x" * size},)))
    return uid


def test_an_answer_that_is_too_large_says_so(store: Store) -> None:
    uid = answered(store, previews.LARGEST)

    found = previews.result(store, uid)
    why = (
        f"LimitExceeded: preview/{uid}: the answer has 16.0 MB, at most 16 MB are kept: "
        "`syncline sync --dry-run` names what would change"
    )
    assert found == PreviewReport(preview=uid, error=why)


def test_the_oldest_answers_make_room_and_are_gone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "TOTAL", 10_000)

    made = [answered(store, 3000) for _ in range(5)]

    there = [previews.result(store, uid) is not None for uid in made]
    assert there == [False, False, True, True, True]
    assert previews.get(store, made[0]) is None
    assert 9000 < int(store.redis.get(keys.PREVIEW_TOTAL())) <= 10_000


def test_what_expired_is_counted_no_more(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "TOTAL", 10_000)
    answered(store, 8000)
    [row] = store.redis.zrange(keys.PREVIEW_ANSWERS(), 0, -1)
    store.redis.zadd(keys.PREVIEW_ANSWERS(), {row: now(store) - previews.TTL - 1})

    kept = [answered(store), answered(store)]

    assert all(previews.result(store, uid) for uid in kept)
    assert store.redis.zcard(keys.PREVIEW_ANSWERS()) == 2
    assert int(store.redis.get(keys.PREVIEW_TOTAL())) < 8000


def test_the_first_answer_to_a_preview_stays(store: Store) -> None:
    uid = answered(store)
    before = previews.result(store, uid)

    previews.answer(store, PreviewReport(preview=uid, error="late"))

    assert previews.result(store, uid) == before


def test_a_preview_needs_a_key(store: Store) -> None:
    keyless = connection.connect(store.settings, key=None)

    with pytest.raises(CredentialRefused):
        previews.answer(keyless, PreviewReport(preview=Uid("p")))
    keyless.close()


def test_a_render_is_shared_compressed_and_sealed(store: Store) -> None:
    text = b"kind: ConfigMap\n" * 1000

    put(store, "r1", text)

    assert rendered.get(store, "r1") == text
    assert rendered.get(store, "r2") is None
    kept = store.binary.get(keys.RENDERED("r1"))
    assert len(kept) < len(text) / 10
    assert b"ConfigMap" not in kept


def test_a_render_under_another_key_counts_as_absent(store: Store, redis_server: Redis) -> None:
    put(store, "r1", b"text")
    other = open_store(redis_server)

    assert rendered.get(other, "r1") is None
    keyless = connection.connect(store.settings, key=None)
    assert rendered.get(keyless, "r1") is None
    put(keyless, "r2", b"text")
    assert rendered.get(store, "r2") is None
    for each in (other, keyless):
        each.close()


def test_the_render_cache_forgets_the_longest_unused_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendered, "TOTAL", 200)
    for name in ("a", "b", "c"):
        put(store, name, b"x")
    size = store.redis.strlen(keys.RENDERED("a"))
    store.redis.zadd(keys.RENDERED_BY(), {"a": now(store) + 10})  # used since
    monkeypatch.setattr(rendered, "TOTAL", 3 * size)

    put(store, "d", b"x")

    assert [rendered.get(store, name) for name in "abcd"] == [b"x", None, b"x", b"x"]
    assert int(store.redis.hget(keys.RENDERED_SIZES(), "total")) == 3 * size


def test_a_render_that_is_too_large_is_not_shared(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendered, "LARGEST", 10)

    put(store, "r1", b"text")

    assert rendered.get(store, "r1") is None
    assert rendering.begin(store, "w", "two", within=timedelta(minutes=1)).note


def put(store: Store, name: str, text: bytes) -> None:
    rendering.begin(store, "w", "one", within=timedelta(minutes=1), unless=None)
    rendering.end(store, "w", "one", entries={name: text})


def test_a_fleet_repository_is_followed_until_another_one_is(store: Store) -> None:
    assert fleet.followed(store) is None
    assert fleet.declare(store, Uid("r1"), "main", ".")
    assert not fleet.declare(store, Uid("r1"), "main", ".")

    assert fleet.declare(store, Uid("r2"), "main", "prod")

    assert fleet.followed(store) == fleet.Followed(
        repository=Uid("r2"), revision="main", path="prod"
    )
    assert due.at(store, "follow:r1") is None
    assert due.at(store, "follow:r2") is not None
    fleet.stop(store)
    assert fleet.followed(store) is None
    assert due.at(store, "follow:r2") is None


def test_a_declaration_waits_until_it_is_adopted(store: Store) -> None:
    fleet.declare(store, Uid("r1"), "main", ".")
    found = FollowReport(repository=Uid("r1"), revision="c1", documents=(("a.yaml", {"k": 1}),))

    fleet.fold_follow(store, found)

    assert fleet.pending(store) == found
    assert due.at(store, fleet.ADOPT) is not None
    fleet.adopted(store, "c1")
    assert fleet.pending(store) is None
    current = fleet.followed(store)
    assert current is not None
    assert (current.commit, current.error) == ("c1", "")
    assert current.checked_at == pytest.approx(now(store), abs=5)


def test_a_declaration_that_came_meanwhile_is_adopted_next(store: Store) -> None:
    fleet.declare(store, Uid("r1"), "main", ".")
    fleet.fold_follow(store, FollowReport(repository=Uid("r1"), revision="c1"))
    fleet.fold_follow(store, FollowReport(repository=Uid("r1"), revision="c2"))

    fleet.adopted(store, "c1", error="InvalidDocument: x")

    pending = fleet.pending(store)
    assert pending is not None
    assert pending.revision == "c2"


def test_an_error_adopts_nothing(store: Store) -> None:
    fleet.declare(store, Uid("r1"), "main", ".")
    fleet.fold_follow(store, FollowReport(repository=Uid("r1"), revision="c1"))
    fleet.adopted(store, "c1")

    fleet.fold_follow(
        store, FollowReport(repository=Uid("r1"), revision="c2", error="InvalidDocument: x")
    )

    current = fleet.followed(store)
    assert current is not None
    assert (current.commit, current.error) == ("c2", "InvalidDocument: x")
    assert fleet.pending(store) is None


def test_a_repository_that_did_not_answer_is_asked_again(store: Store) -> None:
    fleet.declare(store, Uid("r1"), "main", ".")

    fleet.fold_follow(store, FollowReport(repository=Uid("r1"), error="Unreachable: x"))

    current = fleet.followed(store)
    assert current is not None
    assert (current.commit, current.error) == ("", "Unreachable: x")


def test_a_report_of_a_repository_that_is_not_followed_is_dropped(store: Store) -> None:
    fleet.declare(store, Uid("r1"), "main", ".")

    fleet.fold_follow(store, FollowReport(repository=Uid("r0"), revision="c1"))

    assert fleet.pending(store) is None


def test_a_report_that_was_asked_for_earlier_brings_no_older_commit_back(store: Store) -> None:
    fleet.declare(store, Uid("r1"), "main", ".")
    soon = now(store)
    known = FollowReport(repository=Uid("r1"), revision="c2", began=soon)
    fleet.fold_follow(store, known)

    fleet.fold_follow(store, FollowReport(repository=Uid("r1"), revision="c1", began=soon - 1e-3))
    fleet.fold_follow(store, FollowReport(repository=Uid("r1"), error="E: x", began=soon - 1e-3))

    current = fleet.followed(store)
    assert fleet.pending(store) == known
    assert current is not None
    assert current.error == ""


def test_what_was_asked_before_another_path_was_followed_is_dropped(store: Store) -> None:
    began = now(store)
    fleet.declare(store, Uid("r1"), "main", ".")
    fleet.declare(store, Uid("r1"), "main", "prod")

    fleet.fold_follow(store, FollowReport(repository=Uid("r1"), revision="c1", began=began))

    assert fleet.pending(store) is None


def test_the_audit_trail_is_read_newest_first(store: Store) -> None:
    for number in range(5):
        record = AuditRecord(actor="ana", verb="apply", subject=f"Application/{number}")
        audit.append(store, record)

    first = audit.read(store, limit=2)
    second = audit.read(store, limit=2, before=first[-1].id)

    subjects = [record.subject for record in [*first, *second]]
    assert subjects == [f"Application/{number}" for number in (4, 3, 2, 1)]
    assert first[0].at == pytest.approx(now(store), abs=5)


def test_the_event_stream_is_bounded(redis_server: Redis) -> None:
    small = open_store(redis_server, events=100)
    for number in range(1000):
        small.call("operation", f"{number:016x}", "{}", "{}", "----", "", "", 0, "", "")

    assert small.redis.xlen(keys.EVENTS()) < 300
    assert events.oldest_id(small) > "0-0"
    small.close()


def test_events_are_read_from_where_one_stopped(store: Store) -> None:
    assert events.last_id(store) == "0-0"
    assert events.oldest_id(store) == "0-0"
    assert events.read(store, "0-0", block=timedelta(milliseconds=10)) == []
    for number in range(3):
        store.call("operation", f"{number:016x}", "{}", "{}", "----", "", "", 0, "", "")

    first, *rest = events.read(store, "0-0", block=SECOND)

    assert (first.kind, first.subject) == ("operation", f"{0:016x}")
    assert events.read(store, first.id) == rest
    assert events.read(store, first.id, limit=1) == rest[:1]
    assert events.last_id(store) == rest[-1].id


def test_an_installation_has_one_id_for_ever(store: Store) -> None:
    assert migrations.prepare(store) == migrations.prepare(store) == migrations.installation(store)
    assert len(migrations.installation(store)) == 16


def test_a_store_that_a_newer_release_wrote_is_refused(store: Store) -> None:
    store.redis.set(keys.SCHEMA_VERSION(), migrations.SCHEMA + 1)

    with pytest.raises(Conflict, match="run the newer release"):
        migrations.prepare(store)


def test_an_older_store_is_brought_up_step_by_step(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = []
    store.redis.set(keys.SCHEMA_VERSION(), "1")
    monkeypatch.setattr(migrations, "SCHEMA", 3)
    monkeypatch.setattr(
        migrations, "STEPS", {1: lambda _: ran.append(1), 2: lambda _: ran.append(2)}
    )

    migrations.prepare(store)

    assert ran == [1, 2]
    assert store.redis.get(keys.SCHEMA_VERSION()) == "3"


def test_history_and_inventories_of_schema_1_are_read_after_it(store: Store) -> None:
    target = TargetId("a.b")
    ref = ObjectRef(group="apps", version="v1", kind="Deployment", namespace="web", name="web")
    entry = InventoryEntry(ref=ref, digest="d", uid="u", health=HealthStatus.HEALTHY)
    ended = HistoryEntry(
        started_at=1700000000.0,
        finished_at=1700000009.5,
        outcome=Outcome.SUCCEEDED,
        reason="Succeeded",
        revision="abc",
        request=Request(trigger=Trigger(kind=TriggerKind.PUSH, reason="main moved")),
        application_generation=7,
    )
    old = ended.model_dump_json(exclude={"finished_at", "application_generation"})
    store.redis.rpush(keys.HISTORY(target), f"7 1700000009.500000 {old}")
    store.redis.hset(keys.INVENTORY(target), "apps/Deployment/web/web", entry.model_dump_json())

    for _ in range(2):  # a step that was cut off runs again
        store.redis.set(keys.SCHEMA_VERSION(), "1")
        migrations.prepare(store)

        assert targets.history(store, target) == [ended]
        assert targets.inventory(store, target) == (entry,)


def test_notes_are_kept_and_forgotten(store: Store) -> None:
    notes.put(store, "expand:a", "here")

    assert (notes.get(store, "expand:a"), notes.many(store, ["b", "expand:a"])) == (
        "here",
        ["", "here"],
    )
    notes.put(store, "expand:a", "")
    assert (notes.names(store), notes.many(store, [])) == ([], [])
