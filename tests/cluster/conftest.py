"""API servers as the workers see them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest

from syncline.settings import ClusterSettings
from syncline_workers.cluster import kubeconfig
from syncline_workers.cluster.api import Api
from syncline_workers.cluster.discovery import Discovery
from syncline_workers.cluster.login import Login
from syncline_workers.cluster.pool import Pool
from tests.harness.apiserver import ApiServer

SETTINGS = ClusterSettings(connect_timeout=timedelta(seconds=3), read_timeout=timedelta(seconds=30))

Connect = Callable[..., Api]


def kubeconfig_for(url: str, **user: object) -> str:
    """A kubeconfig of one context, for a server that needs no authority."""
    return json.dumps(
        {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "s", "user": "u"}}],
            "clusters": [{"name": "s", "cluster": {"server": url}}],
            "users": [{"name": "u", "user": user}],
        }
    )


def pool_for(text: str, settings: ClusterSettings = SETTINGS, size: int = 16) -> Pool:
    access = kubeconfig.read(text, context=None, settings=settings, subject="cluster eu")
    login = Login(access.user, subject="cluster eu", environment={})
    return Pool(access, login, size=size, settings=settings)


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Connections by a kubeconfig's text, closed when the test ends."""
    with ExitStack() as stack:

        def made(text: str, settings: ClusterSettings = SETTINGS) -> Api:
            pool = pool_for(text, settings)
            stack.callback(pool.close)
            return Api(pool, Discovery(pool), first_within=settings.first_answer_timeout)

        yield made


@pytest.fixture
def api(api_server: ApiServer, connect: Connect) -> Api:
    """The administrator's connection to a real kube-apiserver."""
    return connect(api_server.kubeconfig.read_text())


@pytest.fixture
def namespace(api_server: ApiServer) -> str:
    """A namespace of this test alone."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    api_server.call("POST", "/api/v1/namespaces", body)
    return name
