"""A web server on loopback, and whoever may ask it."""

from collections.abc import Iterator

import pytest

from syncline.settings import CheckSettings
from syncline_workers.web.fetch import Web
from tests.harness.webserver import WebServer, serving


@pytest.fixture
def server() -> Iterator[WebServer]:
    with serving() as found:
        yield found


@pytest.fixture
def web() -> Web:
    return Web(CheckSettings(networks=("127.0.0.0/8",)))
