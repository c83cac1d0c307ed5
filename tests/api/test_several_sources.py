"""What is shown of an application with several sources."""

import httpx
import pytest

from syncline.contract.reports import LookupReport
from syncline.model.beside import Beside
from syncline.model.names import Uid
from syncline.model.signature import Signature, Verdict
from syncline.store import documents, sources
from syncline.store.records import Kind
from tests.api.fleets import COMMIT, Fleet, application, cluster, repository

AT = Beside(repository="values", revision="live", commit="v1")


@pytest.fixture
def shop(fleet: Fleet) -> Fleet:
    document = application("shop")
    spec = document["spec"]
    chart = spec.pop("source") | {"helm": {"valueFiles": ["$values/prod.yaml"]}}
    lent = {"repository": "values", "name": "values", "revision": "live"}
    spec["sources"] = [chart, lent]
    fleet.install(
        repository(), repository("values", "https://git.example/values"), cluster("c00"), document
    )
    return fleet


def test_a_target_and_its_history_show_what_the_others_are_at(
    reader: httpx.Client, shop: Fleet
) -> None:
    good = Signature(subject="commit", verdict=Verdict.GOOD, signer="Ana")
    at = AT.model_copy(update={"signatures": (good,)})
    shop.run("shop@c00", revision=COMMIT, beside=(at,))

    detail = reader.get("/api/v1/targets/shop@c00").json()

    [beside] = detail["beside"]
    assert beside["signatures"][0]["verdict"] == "good"
    shown = {key: beside[key] for key in ("repository", "wanted", "revision", "observed")}
    assert shown == {
        "repository": "values",
        "wanted": "live",
        "revision": "v1",
        "observed": "v1",
    }
    assert (detail["repository"], detail["revision"]) == ("apps", COMMIT)
    assert detail["history"][0]["beside"][0]["revision"] == "v1"


def test_it_is_listed_by_the_repository_of_any_source_and_as_it_was_written(
    reader: httpx.Client, shop: Fleet
) -> None:
    [listed] = reader.get("/api/v1/applications", params={"repository": "values"}).json()["items"]

    assert "source" not in listed["spec"]
    assert [each["repository"] for each in listed["spec"]["sources"]] == ["apps", "values"]
    assert "name" not in listed["spec"]["sources"][0]


def test_whose_look_up_failed_is_told(reader: httpx.Client, shop: Fleet) -> None:
    uid = Uid(documents.uid_of(shop.store, Kind.REPOSITORY, "values") or "")
    told = {"live": "RevisionNotFound: there is main"}
    sources.fold_lookup(shop.store, LookupReport(repository=uid, errors=told))

    listed = reader.get("/api/v1/applications/default/shop").json()
    detail = reader.get("/api/v1/targets/shop@c00").json()

    assert (listed["reason"], listed["message"]) == ("LookupFailed", f"values: {told['live']}")
    assert detail["lookupError"] == f"values: {told['live']}"


def test_a_repository_that_is_not_registered_is_named(reader: httpx.Client, shop: Fleet) -> None:
    uid = documents.uid_of(shop.store, Kind.REPOSITORY, "values")
    shop.store.redis.hdel("syncline:names:Repository", "values")

    listed = reader.get("/api/v1/applications/default/shop").json()

    assert uid
    assert listed["reason"] == "RepositoryMissing"
    assert "repository values is not registered" in listed["message"]
