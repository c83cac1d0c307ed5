"""A target on a real kube-apiserver."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from syncline_workers.cluster.api import Api
from syncline_workers.cluster.discovery import Discovery
from tests.cluster.conftest import SETTINGS, api, connect, namespace, pool_for
from tests.harness.apiserver import ApiServer
from tests.pipeline.real import Target

__all__ = ["api", "connect", "namespace"]


@pytest.fixture
def target(api_server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """An application that nothing was applied of, with a namespace of its own."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    api_server.call("POST", "/api/v1/namespaces", body)
    pool = pool_for(api_server.kubeconfig.read_text())
    api = Api(pool, Discovery(pool), first_within=SETTINGS.first_answer_timeout)
    yield Target(api=api, server=api_server, namespace=name, monkeypatch=monkeypatch)
    pool.close()
