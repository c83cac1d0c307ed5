"""Credential templates over the API, and what repositories show of them."""

import httpx

from tests.api.fleets import Fleet

TEMPLATE = {
    "apiVersion": "syncline.dev/v1alpha1",
    "kind": "CredentialTemplate",
    "metadata": {"name": "example", "labels": {"team": "base"}},
    "spec": {
        "urlPrefix": "https://git.example/org",
        "credential": {"type": "token", "ref": "file:org"},
        "tls": {"caRef": "file:ca"},
    },
}
REPOSITORY = {
    "apiVersion": "syncline.dev/v1alpha1",
    "kind": "Repository",
    "metadata": {"name": "theirs"},
    "spec": {"url": "https://git.example/org/app"},
}


def test_templates_are_listed_and_removed(admin: httpx.Client, reader: httpx.Client) -> None:
    body = {"documents": [TEMPLATE, REPOSITORY]}
    assert admin.post("/api/v1/apply", json=body).status_code == 200

    found = reader.get("/api/v1/credential-templates", params={"selector": "team=base"}).json()
    one = reader.get("/api/v1/credential-templates/example").json()
    refused = reader.delete("/api/v1/credential-templates/example")
    shown = reader.get("/api/v1/repositories/theirs").json()
    counted = reader.get("/api/v1/fleet").json()

    assert found["items"] == [one]
    assert one["spec"]["credential"]["ref"] == "file:org"
    assert one["message"] == "gives credential and tls to repositories that have none of their own"
    assert refused.status_code == 403
    assert shown["credentialTemplate"] == "example"
    assert (shown["spec"]["credential"], shown["spec"]["tls"]) == (None, None)
    assert (counted["credentialTemplates"], counted["repositories"]) == (1, 1)

    done = admin.delete("/api/v1/credential-templates/example")

    assert (done.status_code, done.json()["action"]) == (200, "deleted")
    assert reader.get("/api/v1/credential-templates/example").status_code == 404
    assert reader.get("/api/v1/repositories/theirs").json()["credentialTemplate"] == ""


def test_only_administrators_write_them(
    fleet: Fleet, reader: httpx.Client, admin: httpx.Client
) -> None:
    assert reader.post("/api/v1/apply", json={"documents": [TEMPLATE]}).status_code == 403
    assert admin.get("/api/v1/credential-templates").json()["items"] == []
