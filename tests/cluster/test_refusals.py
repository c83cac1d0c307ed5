"""Which error an answer becomes, where a real API server cannot be made to give it."""

from __future__ import annotations

import base64
import json
import pickle
from typing import Any

import pytest

from syncline.errors import (
    ApplyRejected,
    ClusterBusy,
    ClusterUnreachable,
    CredentialRefused,
    NotReady,
    SynclineError,
)
from syncline.model.change import ObjectRef
from syncline.model.values import Manifest
from syncline_workers.cluster.answer import Answer
from syncline_workers.cluster.refusals import object_of, refusal

REF = ObjectRef(group="apps", version="v1", kind="Deployment", namespace="shop", name="web")


def answered(code: int, message: str, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    body = {"kind": "Status", "code": code, "message": message, **more}
    return Answer(code, headers or {}, json.dumps(body).encode())


def refused(answer: Answer, manifest: Manifest | None = None) -> SynclineError:
    return refusal(answer, cluster="cluster eu", ref=REF, manifest=manifest)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            answered(429, "too many requests", {"retry-after": "7"}),
            ClusterBusy(
                "Deployment/shop/web",
                "the API server answers 429 and asks to wait 7 s: too many requests",
            ),
        ),
        (
            answered(500, 'Internal error occurred: failed calling webhook "policy"'),
            ClusterBusy(
                "Deployment/shop/web",
                "the API server answers 500: Internal error occurred: failed calling webhook "
                '"policy"',
            ),
        ),
        (
            answered(503, "the server is currently unable to handle the request"),
            ClusterBusy(
                "Deployment/shop/web",
                "the API server answers 503: the server is currently unable to handle the request",
            ),
        ),
        (
            Answer(502, {}, b"<html>\n<h1>Bad Gateway</h1>"),
            ClusterBusy("Deployment/shop/web", "the API server answers 502: <html>"),
        ),
        (
            answered(500, "failed to create typed patch object: .spec.a: field not declared"),
            ApplyRejected(
                "Deployment/shop/web",
                "failed to create typed patch object: .spec.a: field not declared",
            ),
        ),
        (
            answered(409, "the object has been modified"),
            ClusterBusy(
                "Deployment/shop/web", "it changed meanwhile: the object has been modified"
            ),
        ),
        (
            answered(403, "exceeded quota: q, used: pods=3"),
            NotReady(
                "Deployment/shop/web",
                "exceeded quota: q, used: pods=3. It is tried again until the quota allows it",
            ),
        ),
        (
            answered(400, 'admission webhook "policy" denied the request: no root'),
            ApplyRejected(
                "Deployment/shop/web", 'admission webhook "policy" denied the request: no root'
            ),
        ),
        (
            answered(404, "the server could not find the requested resource"),
            ApplyRejected(
                "Deployment/shop/web",
                "the server could not find the requested resource: does the cluster serve "
                "apps/v1 Deployment?",
            ),
        ),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Answer) else type(value).__name__,
)
def test_an_answer_becomes_the_error_that_decides_what_is_next(
    answer: Answer, expected: SynclineError
) -> None:
    found = refused(answer)

    assert (type(found), found.args) == (type(expected), expected.args)
    assert str(pickle.loads(pickle.dumps(found))) == str(found)  # noqa: S301


def test_a_refused_credential_is_the_clusters_affair() -> None:
    found = refused(answered(401, "Unauthorized"))

    assert isinstance(found, CredentialRefused)
    assert found.subject == "cluster eu"


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (Answer(200, {}, b"<html>hello</html>"), "200, no object"),
        (Answer(200, {}, b"[]"), "200, no object"),
        (Answer(302, {}, b"{}"), "302, no object"),
        (Answer(404, {}, b"404 page not found\n"), "404, 404 page not found"),
    ],
)
def test_what_is_no_api_server_is_told(answer: Answer, what: str) -> None:
    with pytest.raises(ClusterUnreachable) as caught:
        object_of(answer, cluster="cluster eu")

    assert str(caught.value) == (
        f"cluster eu: what answers there is no API server ({what}): is the kubeconfig's server "
        "right?"
    )


def test_a_right_that_the_cluster_needs_as_a_whole_is_the_credentials_affair() -> None:
    with pytest.raises(CredentialRefused, match=r"cannot list\. Grant it to the cluster's"):
        object_of(answered(403, "cannot list"), cluster="cluster eu")


def test_many_conflicts_are_counted_and_five_are_named() -> None:
    causes = [
        {"reason": "FieldManagerConflict", "message": 'conflict with "hpa"', "field": f".spec.f{n}"}
        for n in range(7)
    ]

    found = refused(answered(409, "Apply failed", details={"causes": causes}))

    assert found.detail.startswith("other field managers hold 7 of its fields: .spec.f0 (")
    assert '.spec.f4 (by "hpa") and 2 more. Take them out' in found.detail


def test_a_long_message_is_cut() -> None:
    assert len(refused(answered(400, "x" * 5000)).detail) == 1001


def secret(data: Any = None, **string_data: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "Secret", "data": data, "stringData": string_data}


@pytest.mark.parametrize(
    "manifest",
    [
        secret({"password": "hunter2"}),
        secret({"password": base64.b64encode(b"hunter2").decode()}),
        secret(password="hunter2"),
        secret("hunter2"),
        secret(["hunter2"]),
        secret({"pin": 7, "password": "hunter2"}),
    ],
    ids=["plain", "encoded", "string", "no mapping", "list", "number"],
)
def test_a_secrets_values_are_taken_out_of_a_message(manifest: Manifest) -> None:
    encoded = base64.b64encode(b"hunter2").decode()
    message = f'webhook "w" denied: hunter2 is too weak (was {encoded}) in version 7'

    found = refused(answered(400, message), manifest).detail

    assert "hunter2" not in found
    if manifest["data"] == {"password": encoded}:
        assert found == 'webhook "w" denied: ****** is too weak (was ******) in version 7'


def test_other_objects_messages_are_left_as_they_are() -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "value"}}

    assert refused(answered(400, "value is bad"), manifest).detail == "value is bad"
