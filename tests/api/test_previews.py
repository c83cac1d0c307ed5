"""Previews: asked for, waited for, answered by a worker, masked by it."""

import threading

import httpx
import pytest

from syncline.contract.reports import PreviewReport
from syncline.model.change import Difference, FieldChange
from syncline.model.names import Uid
from syncline.model.orphan import Orphan
from syncline.model.reach import Step
from syncline.store import due, previews
from syncline.store.connection import Store
from tests.api.fleets import COMMIT, Fleet


@pytest.fixture
def asked(admin: httpx.Client, fleet: Fleet) -> httpx.Response:
    fleet.grid(applications=1, clusters=1)
    return admin.post("/api/v1/previews", json={"target": "app00@c00", "verb": "diff"})


def test_one_is_taken_at_once_and_put_on_its_way(asked: httpx.Response, store: Store) -> None:
    uid = asked.json()["id"]

    question = previews.get(store, Uid(uid))

    assert asked.status_code == 202
    assert asked.headers["location"] == f"/api/v1/previews/{uid}"
    assert question is not None
    assert (question.verb, question.revision) == ("diff", None)
    assert due.at(store, f"preview:{uid}") is not None


def test_until_a_worker_answers_it_is_pending(asked: httpx.Response, reader: httpx.Client) -> None:
    answer = reader.get(asked.headers["location"], params={"wait": 0.2}).json()

    assert (answer["state"], answer["error"], answer["differences"]) == ("Pending", "", [])


def test_who_waits_gets_the_answer_as_it_comes(
    asked: httpx.Response, reader: httpx.Client, store: Store
) -> None:
    field = FieldChange(path=".spec.replicas", before=1, after=2)
    difference = Difference(
        subject="apps/Deployment/shop/web", action="configured", unified="-a", fields=(field,)
    )
    report = PreviewReport(
        preview=Uid(asked.json()["id"]), revision=COMMIT, differences=(difference,)
    )
    worker = threading.Timer(0.3, previews.answer, (store, report))
    worker.start()

    answer = reader.get(asked.headers["location"], params={"wait": 20}).json()

    worker.join()
    assert answer == {
        "id": asked.json()["id"],
        "state": "Done",
        "error": "",
        "revision": COMMIT,
        "manifests": [],
        "differences": [
            {
                "subject": "apps/Deployment/shop/web",
                "action": "configured",
                "unified": "-a",
                "fields": [{"path": ".spec.replicas", "before": 1, "after": 2}],
                "cut": False,
            }
        ],
        "orphans": [],
        "explained": [],
        "unseen": [],
        "steps": [],
    }


def test_orphans_are_told_with_who_wrote_them_and_what_was_not_looked_at(
    admin: httpx.Client, fleet: Fleet, store: Store
) -> None:
    fleet.grid(applications=1, clusters=1)
    body = {"target": "app00@c00", "verb": "orphans"}
    asked = admin.post("/api/v1/previews", json=body)
    left = Orphan(
        subject="ConfigMap/shop/old",
        created="2026-01-01T00:00:00Z",
        managers=("kubectl-client-side-apply",),
        marked="shop",
    )
    report = PreviewReport(
        preview=Uid(asked.json()["id"]), revision=COMMIT, orphans=(left,), unseen=("Secret",)
    )
    previews.answer(store, report)

    answer = admin.get(asked.headers["location"]).json()

    assert answer["orphans"] == [
        {
            "subject": "ConfigMap/shop/old",
            "created": "2026-01-01T00:00:00Z",
            "managers": ["kubectl-client-side-apply"],
            "marked": "shop",
        }
    ]
    assert answer["unseen"] == ["Secret"]


def test_a_refusal_of_the_worker_is_told(
    asked: httpx.Response, reader: httpx.Client, store: Store
) -> None:
    report = PreviewReport(preview=Uid(asked.json()["id"]), error="RenderFailed: no such base")
    previews.answer(store, report)

    answer = reader.get(asked.headers["location"]).json()

    assert (answer["state"], answer["error"]) == ("Failed", "RenderFailed: no such base")


def test_of_an_unknown_target(reader: httpx.Client) -> None:
    body = {"target": "ghost@nowhere", "verb": "render"}
    answer = reader.post("/api/v1/previews", json=body)

    assert (answer.status_code, answer.json()["error"]["subject"]) == (404, "Target/ghost@nowhere")


def test_one_that_has_expired(reader: httpx.Client) -> None:
    answer = reader.get("/api/v1/previews/0123456789abcdef", params={"wait": 5})

    assert answer.status_code == 404


def test_a_repository_is_checked_by_a_worker(
    fleet: Fleet, reader: httpx.Client, store: Store
) -> None:
    fleet.grid(applications=1, clusters=1)

    asked = reader.post("/api/v1/repositories/apps/check")
    question = previews.get(store, Uid(asked.json()["id"]))
    step = Step(name="name", ok=False, found="the worker's DNS knows no address")
    previews.answer(store, PreviewReport(preview=Uid(asked.json()["id"]), steps=(step,)))
    answer = reader.get(asked.headers["location"]).json()

    assert asked.status_code == 202
    assert question is not None
    assert (question.verb, question.repository) == (
        "reach",
        reader.get("/api/v1/repositories/apps").json()["uid"],
    )
    assert (answer["state"], answer["steps"]) == ("Done", [step.model_dump()])
    assert reader.post("/api/v1/repositories/nothing/check").status_code == 404
