"""All that is known of one target, on one page."""

import httpx

from syncline.api.views.targets import TargetView
from syncline.contract.reports import LookupReport
from syncline.model import revised as texts
from syncline.model.change import Difference, FieldChange
from syncline.model.commit import Commit
from syncline.model.request import Request, Trigger, TriggerKind
from syncline.model.signature import Signature, Verdict
from syncline.store import audit, documents, runs, sources
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.api import fleets
from tests.api.fleets import COMMIT, Fleet


def conditions(detail: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {each["type"]: each["status"] for each in detail["conditions"]}


SIGNED = {
    "subject": "commit",
    "verdict": "good",
    "signer": "Ana",
    "key": "SHA256:abc",
    "at": None,
    "detail": "",
}


def test_a_target_that_is_in_sync(reader: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)
    fleet.succeed("app00@c00")

    detail = reader.get("/api/v1/targets/app00@c00").json()

    assert conditions(detail) == {"Ready": "True", "Reconciling": "False", "Stalled": "False"}
    assert (detail["sync"], detail["health"], detail["revision"]) == ("Synced", "Healthy", COMMIT)
    assert (detail["repository"], detail["path"], detail["wanted"]) == ("apps", "app00", "HEAD")
    assert (detail["lastError"], detail["lookupError"], detail["pending"]) == ("", "", None)
    assert detail["objects"] == [
        {"object": "apps/Deployment/shop/web", "version": "apps/v1", "uid": "u", "generation": 1}
    ]
    (run,) = detail["history"]
    assert (run["outcome"], run["trigger"], run["changed"]) == ("Succeeded", "spec", 1)
    assert run["changes"] == [
        {
            "object": "apps/Deployment/shop/web",
            "action": "created",
            "message": "",
            "drift": False,
        }
    ]


def test_a_list_shows_a_target_as_its_own_page_does(reader: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=2)
    fleet.succeed("app00@c00")

    items = reader.get("/api/v1/targets").json()["items"]

    pages = [reader.get(f"/api/v1/targets/{item['name']}").json() for item in items]
    assert items == [
        {name: page[name] for name in item} for item, page in zip(items, pages, strict=True)
    ]
    assert [item["syncedAt"] is None for item in items] == [False, True]
    assert set(items[0]) == {field.alias for field in TargetView.model_fields.values()}


def test_a_target_that_failed_keeps_its_last_error(reader: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)
    fleet.fail("app00@c00")

    detail = reader.get("/api/v1/targets/default/app00@c00").json()

    assert conditions(detail) == {"Ready": "False", "Reconciling": "False", "Stalled": "True"}
    assert detail["lastError"] == "RenderFailed: kustomization.yaml: no such field [red]x[/red]"


def test_a_pinned_sync_that_wrote_nothing_is_told_and_changes_no_status(
    reader: httpx.Client, store: Store, fleet: Fleet
) -> None:
    fleet.grid(applications=1, clusters=1)
    state = fleet.succeed("app00@c00")
    trigger = Trigger(kind=TriggerKind.USER, actor="ana", reason="try it")
    runs.trigger(store, [state.id], Request(trigger=trigger, revision="v9"))
    fleet.fail("app00@c00", wrote=False)

    detail = reader.get("/api/v1/targets/app00@c00").json()

    assert conditions(detail) == {"Ready": "True", "Reconciling": "False", "Stalled": "False"}
    assert (detail["sync"], detail["reason"], detail["revision"]) == ("Synced", "Succeeded", COMMIT)
    assert detail["lastError"].startswith("RenderFailed: ")
    assert [run["reason"] for run in detail["history"]] == ["RenderFailed", "Succeeded"]


def test_a_target_that_waits_shows_its_request(reader: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)

    detail = reader.get("/api/v1/targets/app00@c00").json()

    assert conditions(detail) == {"Ready": "False", "Reconciling": "True", "Stalled": "False"}
    assert (detail["pending"]["generation"], detail["pending"]["trigger"]) == (1, "spec")


def test_why_a_revision_cannot_be_looked_up_is_shown(
    reader: httpx.Client, store: Store, fleet: Fleet
) -> None:
    fleet.grid(applications=1, clusters=1)
    repository = documents.get(store, Kind.REPOSITORY, "apps")
    assert repository is not None
    why = "RepositoryUnreachable: git.example: timed out"
    sources.fold_lookup(store, LookupReport(repository=repository.uid, errors={"": why}))

    paths = ("targets/app00@c00", "applications/default/app00", "repositories/apps")
    target, application, shown = (reader.get(f"/api/v1/{path}").json() for path in paths)

    assert target["lookupError"] == why
    assert (application["reason"], application["message"]) == ("LookupFailed", why)
    assert (shown["reason"], shown["message"]) == ("LookupFailed", why)


def test_the_history_is_read_by_itself(reader: httpx.Client, fleet: Fleet) -> None:
    fleet.install(
        fleets.repository(), fleets.cluster("eu"), fleets.application("web", project="lab")
    )
    fleet.succeed("lab/web@eu")

    items = reader.get("/api/v1/targets/lab/web@eu/history").json()["items"]

    assert [(item["reason"], item["revision"]) for item in items] == [("Succeeded", COMMIT)]


def test_a_run_tells_its_commit_its_number_and_its_duration(
    reader: httpx.Client, fleet: Fleet
) -> None:
    fleet.install(fleets.repository(), fleets.cluster("eu"), fleets.application("web"))
    good = Signature(subject="commit", verdict=Verdict.GOOD, signer="Ana", key="SHA256:abc")
    made = Commit(
        id=COMMIT,
        author="Ana <ana@example.com>",
        message="Scale",
        at=1700000000.0,
        signatures=(good,),
    )
    state = fleet.run("web@eu", commit=made, signatures=(good,), rendered="d1")

    (run,) = reader.get("/api/v1/targets/web@eu/history").json()["items"]

    assert (run["run"], run["rendered"]) == (str(state.fence), "d1")
    assert run["commit"] == {
        "id": COMMIT,
        "author": "Ana <ana@example.com>",
        "message": "Scale",
        "at": "2023-11-14T22:13:20Z",
        "signatures": [SIGNED],
    }
    assert run["seconds"] > 0
    shown = reader.get("/api/v1/targets/web@eu").json()
    (listed,) = reader.get("/api/v1/targets").json()["items"]
    assert shown["signatures"] == listed["signatures"] == [SIGNED]


def test_a_target_tells_which_version_of_a_chart_it_is_at(
    reader: httpx.Client, fleet: Fleet
) -> None:
    fleet.install(fleets.repository(), fleets.cluster("eu"), fleets.application("web"))
    digest = "a" * 64
    fleet.run("web@eu", commit=Commit(id=digest, message="web 1.1.0"), revision=digest)

    found = reader.get("/api/v1/targets/web@eu").json()

    assert (found["revision"], found["applied"]) == (digest, "web 1.1.0")


def test_one_run_tells_how_its_manifests_changed(reader: httpx.Client, fleet: Fleet) -> None:
    fleet.install(fleets.repository(), fleets.cluster("eu"), fleets.application("web"))
    change = FieldChange(path=".data.v", before="1", after="2")
    found = (Difference(subject="ConfigMap/web", action="configured", fields=(change,)),)
    digest = texts.digest(texts.written(found))
    state = fleet.run("web@eu", differences=found, revised=digest)

    path = "/api/v1/targets/default/web@eu/history"
    run = reader.get(f"{path}/{state.fence}").json()
    missing = reader.get(f"{path}/1")

    [shown] = run["differences"]
    assert (run["run"], shown["subject"]) == (str(state.fence), "ConfigMap/web")
    assert shown["fields"] == [{"path": ".data.v", "before": "1", "after": "2"}]
    assert (missing.status_code, missing.json()["error"]["reason"]) == (404, "NotFound")


def test_a_run_whose_differences_made_room_has_none(reader: httpx.Client, fleet: Fleet) -> None:
    fleet.install(fleets.repository(), fleets.cluster("eu"), fleets.application("web"))
    state = fleet.run("web@eu", revised="a" * 32)

    run = reader.get(f"/api/v1/targets/web@eu/history/{state.fence}").json()

    assert run["differences"] is None


def test_what_is_no_target_name_is_refused(reader: httpx.Client) -> None:
    answer = reader.get("/api/v1/targets/nonsense")

    assert (answer.status_code, answer.json()["error"]["reason"]) == (422, "InvalidDocument")


def test_an_unknown_target(reader: httpx.Client) -> None:
    answers = [reader.get(f"/api/v1/targets/a@b{path}") for path in ("", "/history")]

    assert [(a.status_code, a.json()["error"]["subject"]) for a in answers] == [
        (404, "Target/a@b"),
        (404, "Target/a@b"),
    ]


def test_a_target_that_was_set_aside_is_listed_explained_and_released(
    reader: httpx.Client, admin: httpx.Client, store: Store, fleet: Fleet
) -> None:
    fleet.grid(applications=2, clusters=1)
    fleet.poison("app00@c00")

    [listed] = reader.get("/api/v1/targets?aside=true").json()["items"]
    detail = reader.get("/api/v1/targets/app00@c00").json()
    assert (listed["name"], listed["reason"]) == ("app00@c00", "SetAside")
    assert detail["asideAt"] == listed["asideAt"] is not None
    assert detail["lastLog"] == "render 4\napply 4"
    assert conditions(detail) == {"Ready": "False", "Reconciling": "False", "Stalled": "True"}
    assert reader.get("/api/v1/fleet").json()["aside"] == 1

    path, why = "/api/v1/targets/app00@c00/release", {"reason": "more memory"}
    assert reader.post(path, json=why).status_code == 403
    assert admin.post(path, json={"reason": ""}).status_code == 422
    released = admin.post(path, json=why)

    assert (released.status_code, released.json()["asideAt"]) == (200, None)
    again = admin.post(path, json=why)
    assert (again.status_code, again.json()["error"]["reason"]) == (409, "Conflict")
    assert reader.get("/api/v1/targets?aside=true").json()["items"] == []
    newest = audit.read(store)[0]
    assert (newest.verb, newest.subject, newest.reason) == (
        "release",
        "Target/app00@c00",
        "more memory",
    )
    fleet.succeed("app00@c00")
