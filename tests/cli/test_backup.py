"""What only Redis holds goes into a file and comes back out of it."""

import gzip
import json
import stat
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from syncline.model import backup as format_of
from syncline.model import parse
from syncline.model.access import Scope
from syncline.model.names import TargetName
from syncline.model.operation import OperationSpec
from syncline.model.request import Request, Trigger, TriggerKind
from syncline.operations import documents as verbs
from syncline.operations import sync
from syncline.store import (
    choices,
    documents,
    keys,
    migrations,
    restoring,
    runs,
    targets,
    templates,
    tokens,
    windows,
)
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.api import fleets
from tests.api.conftest import Live
from tests.api.fleets import Fleet
from tests.cli.conftest import Ended, Run
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import open_store
from tests.operations.asked import settle
from tests.operations.test_windows import freeze
from tests.store.test_templates import ref, template

REFUSED = 4
PRIVATE = 0o600
KEPT = -1  # the time to live of a key that has none
SECRET = b"token: hunter2-hunter2"

LISTS = ("repositories", "clusters", "applications", "tokens")


@pytest.fixture
def shop(fleet: Fleet, store: Store) -> Fleet:
    """Two applications on two clusters; one run succeeded, one failed, one request waits."""
    sealed = fleets.cluster("sealed", zone="us")
    sealed["spec"]["kubeconfig"] = "stored"
    fleet.grid(applications=2, clusters=1)
    found = [parse.parse_mapping(sealed, source="test")]
    verbs.apply(store, found, actor="ana", kubeconfigs={"sealed": SECRET})
    fleet.install()
    fleet.succeed("app00@c00")
    fleet.fail("app01@c00")
    return fleet


@dataclass(frozen=True, slots=True)
class Stage:
    """A fleet, a command line, and a file that a backup goes to."""

    fleet: Fleet
    live: Live
    run: Run
    file: Path
    patch: pytest.MonkeyPatch

    @property
    def store(self) -> Store:
        return self.live.store

    def lose(self) -> None:
        """Lose everything, and be the administrator of what is there then."""
        self.store.redis.flushall()
        migrations.prepare(self.store)
        made = tokens.create(self.store, "second", scopes=(Scope.ADMIN,))
        self.patch.setenv("SYNCLINE_TOKEN", made)

    def backup(self) -> None:
        done = self.run("backup", str(self.file))
        assert done.exit == 0, done

    def restore(self, *options: str) -> Ended:
        return self.run("restore", str(self.file), *options)


@pytest.fixture
def stage(
    shop: Fleet, live: Live, syncline: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Stage:
    return Stage(shop, live, syncline, tmp_path / "backup.gz", monkeypatch)


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]


def rewrite(file: Path, lines: list[dict[str, Any]]) -> None:
    file.write_bytes(gzip.compress(b"".join(json.dumps(x).encode() + b"\n" for x in lines)))


def answers(live: Live, *names: str) -> dict[str, Any]:
    """What the API shows of lists, and of the history of all targets."""
    with live.client(Scope.ADMIN, name="looks") as client:
        found = {name: list(_items(client, name)) for name in (*LISTS, "audit", *names)}
        for each in _items(client, "targets"):
            found[each["name"]] = list(_items(client, f"targets/{each['name']}/history"))
    return found


def _items(client: httpx.Client, path: str) -> Iterator[dict[str, Any]]:
    yield from client.get(f"/api/v1/{path}", params={"limit": 500}).json()["items"]


def documented(found: dict[str, Any]) -> dict[str, Any]:
    """Of documents what somebody wrote, and when and how often; not how they are doing."""
    names = ("uid", "name", "spec", "labels", "annotations", "declaredIn", "generation")
    return {
        kind: [{name: each.get(name) for name in (*names, "createdAt", "kubeUid")} for each in rows]
        for kind, rows in found.items()
        if kind in ("repositories", "clusters", "applications")
    }


def test_what_is_restored_is_what_was_there(stage: Stage) -> None:
    state = targets.by_name(stage.store, TargetName.parse("app00@c00"))
    assert state is not None
    before = answers(stage.live)
    stage.backup()
    stage.lose()

    done = stage.restore()

    assert (done.exit, "4 target" in done.out) == (0, True), done
    after = answers(stage.live)
    assert documented(after) == documented(before)
    histories = [name for name in before if "@" in name]
    assert {n: after[n] for n in histories} == {n: before[n] for n in histories}
    assert (len(after["app00@c00"]), len(after["app01@c00"])) == (1, 1)
    assert [each["verb"] for each in after["audit"]][:3] == ["restore", "restore", "backup"]
    assert after["audit"][3:] == before["audit"]
    assert {each["id"] for each in before["tokens"]} < {each["id"] for each in after["tokens"]}
    restored = targets.get(stage.store, state.id)
    assert restored is not None
    assert (restored.revision, restored.objects) == (state.revision, 1)
    assert [entry.digest for entry in targets.inventory(stage.store, state.id)] == ["d"]
    assert _opened(stage.store) == SECRET
    assert stage.store.redis.ttl("syncline:audit") == KEPT


def test_what_a_rollback_keeps_back_stays_where_it_was(stage: Stage) -> None:
    spec = {"verb": "rollback", "targets": ("app00@c00",), "to": fleets.COMMIT[:9]}
    asked = OperationSpec.model_validate({**spec, "actor": "ana", "reason": "it is slow"})
    begun = sync.start(stage.store, asked)
    while not sync.advance(stage.store, begun.uid):
        pass
    pinned = stage.fleet.run("app00@c00").pinned
    stage.backup()
    stage.lose()

    stage.restore()
    settle(stage.store)

    restored = targets.by_name(stage.store, TargetName.parse("app00@c00"))
    assert restored is not None
    assert restored.pinned == pinned is not None
    assert [each.name for each in targets.page(stage.store, pinned=True).items] == ["app00@c00"]
    stage.fleet.install()  # its cluster answers
    assert stage.fleet.run("app00@c00").pinned == pinned
    again = targets.history(stage.store, restored.id)[0]
    assert again.application_generation == pinned.generation


def test_nothing_that_is_restored_expires_but_what_did_before(stage: Stage) -> None:
    stage.backup()
    expiring = _expiring(stage.store)
    stage.lose()

    stage.restore()

    assert _expiring(stage.store) - expiring == set()


def test_what_was_going_on_is_not_restored(stage: Stage) -> None:
    target = targets.by_name(stage.store, TargetName.parse("app00@c00"))
    assert target is not None
    wish = Trigger(kind=TriggerKind.USER, actor="ana", reason="then")
    runs.trigger(stage.store, [target.id], Request(trigger=wish, revision="a" * 40))
    stage.backup()
    stage.lose()

    stage.restore()

    restored = targets.get(stage.store, target.id)
    assert restored is not None
    assert (restored.phase, restored.requested, restored.generation) == ("idle", False, 0)
    assert restored.fence == target.fence


def test_a_backup_is_private_and_has_no_secret_in_clear(
    stage: Stage, environment: dict[str, str]
) -> None:
    stage.backup()

    text = gzip.decompress(stage.file.read_bytes())
    lines = read(stage.file)
    assert stat.S_IMODE(stage.file.stat().st_mode) == PRIVATE
    assert b"hunter2" not in text
    assert environment["SYNCLINE_TOKEN"].encode() not in text
    assert (lines[0]["kind"], lines[-1]) == ("header", {"kind": "end", "lines": len(lines) - 1})


def test_a_store_that_is_not_empty_is_left_alone_unless_told(stage: Stage) -> None:
    stage.backup()
    before = answers(stage.live)
    stage.lose()
    stage.fleet.grid(applications=1, clusters=1)
    stage.fleet.fail("app00@c00")
    newer = answers(stage.live)

    refused = stage.restore()
    assert (refused.exit, "is not empty: it has 3 documents" in refused.err) == (REFUSED, True)
    assert documented(answers(stage.live)) == documented(newer)

    merged, twice = stage.restore("--merge"), stage.restore("--merge")

    assert (merged.exit, twice.exit) == (0, 0), (merged, twice)
    after = answers(stage.live)
    assert [each["uid"] for each in after["applications"]] == [
        newer["applications"][0]["uid"],
        before["applications"][1]["uid"],
    ]
    assert after["app00@c00"] == [*newer["app00@c00"], *before["app00@c00"]]
    assert after["app01@c00"] == before["app01@c00"]


def test_another_platform_key_is_refused(
    stage: Stage, redis_server: Redis, serve: Callable[..., Live]
) -> None:
    stage.backup()
    stage.lose()
    other = serve(open_store(redis_server))

    done = stage.run("--server", other.url, "restore", str(stage.file))

    assert done.exit == REFUSED
    assert "was taken with another platform key" in done.err
    assert documents.counts(other.store)[Kind.APPLICATION] == 0


def test_a_file_that_was_cut_off_is_refused_before_anything_is_restored(stage: Stage) -> None:
    stage.backup()
    whole = stage.file.read_bytes()
    stage.lose()

    stage.file.write_bytes(whole[: len(whole) // 2])
    torn = stage.restore()
    stage.file.write_bytes(whole)
    rewrite(stage.file, read(stage.file)[:-1])
    short = stage.restore()

    assert (torn.exit, short.exit) == (REFUSED, REFUSED)
    assert "is no whole backup" in torn.err
    assert "its last line is missing" in short.err
    assert documents.counts(stage.store)[Kind.APPLICATION] == 0


def test_a_newer_format_is_refused(stage: Stage) -> None:
    stage.backup()
    stage.lose()
    first, *rest = read(stage.file)
    rewrite(stage.file, [{**first, "version": 99}, *rest])

    done = stage.restore()

    assert (done.exit, "has version 99, this release reads 3" in done.err) == (REFUSED, True)


def test_an_older_format_is_brought_up(stage: Stage) -> None:
    stage.backup()
    before = answers(stage.live)
    old = [{("was" if k == "of" else k): v for k, v in line.items()} for line in read(stage.file)]
    rewrite(stage.file, old)
    stage.lose()

    def renamed(line: dict[str, Any]) -> dict[str, Any]:
        return {("of" if key == "was" else key): value for key, value in line.items()}

    stage.patch.setattr(format_of, "UPGRADES", {format_of.VERSION: renamed})
    stage.patch.setattr(format_of, "VERSION", format_of.VERSION + 1)
    done = stage.restore()

    assert done.exit == 0, done
    assert documented(answers(stage.live)) == documented(before)


def test_sync_windows_come_back_before_what_they_hold(stage: Stage) -> None:
    windows.put(stage.store, freeze(fleet=True))
    stage.backup()
    stage.lose()

    done = stage.restore()
    settle(stage.store)

    assert done.exit == 0, done
    shown = [each.name for each in targets.page(stage.store, held=True).items]
    assert shown == [each.name for each in targets.page(stage.store).items]
    assert len(shown) > 0


def test_credential_templates_come_back_before_what_takes_them(stage: Stage) -> None:
    templates.put(stage.store, template("all", "https://git.example", "file:all"))
    choices.settle(stage.store)
    before = documented(answers(stage.live))
    stage.backup()
    stage.lose()

    done = stage.restore()

    assert done.exit == 0, done
    assert documented(answers(stage.live)) == before
    for uid in stage.store.redis.hvals(keys.NAMES("Repository")):
        assert ref(stage.store, uid) == "file:all"


def test_a_restore_that_fell_silent_is_over(shop: Fleet, live: Live, store: Store) -> None:
    with live.client(Scope.ADMIN) as client:
        header = json.loads(next(iter(_lines(client))))
        begun = client.post("/api/v1/restore", json={"header": header, "merge": True}).json()
        twice = client.post("/api/v1/restore", json={"header": header, "merge": True})
        store.redis.delete("syncline:restoring")
        late = client.post("/api/v1/restore/lines", json={"restore": begun["restore"], "lines": []})

    assert (twice.status_code, late.status_code) == (409, 409)
    assert not restoring.is_going_on(store)


def test_a_reader_may_not_take_a_backup(live: Live) -> None:
    with live.client(Scope.READ) as client:
        assert client.get("/api/v1/backup").status_code == httpx.codes.FORBIDDEN


def _lines(client: httpx.Client) -> list[bytes]:
    return gzip.decompress(client.get("/api/v1/backup").content).splitlines()


def _expiring(store: Store) -> set[str]:
    return {key for key in store.redis.keys("syncline:*") if store.redis.ttl(key) >= 0}


def _opened(store: Store) -> bytes:
    record = documents.get(store, Kind.CLUSTER, "sealed")
    assert record is not None
    assert store.key is not None
    sealed = b64decode(documents.sealed_kubeconfig(store, record.uid))
    return store.key.open(sealed, purpose=f"kubeconfig:{record.uid}")
