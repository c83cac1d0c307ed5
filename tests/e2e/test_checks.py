"""Checks of an application as an operator meets them."""

import pytest

from tests.e2e.world import World, application, configmap
from tests.harness.webserver import serving

pytestmark = pytest.mark.cluster


def test_an_application_is_as_healthy_as_its_checks(world: World) -> None:
    world.push({"checked/web.yaml": configmap("web", v="1")})
    with serving() as server:
        server.always(503)
        asked = {"url": f"{server.url}/live", "timeout": "10s"}
        live = {"name": "live", "interval": "10s", "http": asked}
        world.apply(application("checked", path="checked", namespace="checked", checks=[live]))

        failing = world.becomes("checked@c0", health="Progressing", reason="CheckFailed")
        server.always(200)
        world.becomes("checked@c0", health="Healthy", reason="Succeeded")

    assert failing["message"] == f"check live: GET {server.url}/live answered 503"
