"""Which connection a process keeps for a cluster, and when it makes another."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncline.credentials import CredentialSource
from syncline.errors import CredentialRefused
from syncline.model.cluster import ClusterSpec
from syncline.model.names import Uid
from syncline.model.records import ClusterRecord
from syncline.model.seal import PlatformKey
from syncline.settings import ClusterSettings
from syncline_workers.cluster import connect
from syncline_workers.cluster.connect import Clusters
from tests.cluster.conftest import kubeconfig_for
from tests.cluster.scripted import Scripted, answer
from tests.harness.apiserver import ApiServer

KEY = PlatformKey(b"k" * 32)
UID = Uid("0123456789abcdef")


@pytest.fixture
def clusters(tmp_path: Path) -> Iterator[Clusters]:
    (tmp_path / "eu").write_text(kubeconfig_for("http://127.0.0.1:1", token="one"))
    source = CredentialSource(directory=tmp_path, environment={})
    made = Clusters(ClusterSettings(), source, KEY)
    yield made
    made.close()


def record(kubeconfig: str = "file:eu", uid: Uid = UID, **fields: object) -> ClusterRecord:
    spec = ClusterSpec(kubeconfig=kubeconfig)
    return ClusterRecord.model_validate({"uid": uid, "name": "eu", "spec": spec, **fields})


def sealed(text: str, uid: Uid = UID) -> str:
    return base64.b64encode(KEY.seal(text.encode(), purpose=f"kubeconfig:{uid}")).decode()


def test_a_connection_is_kept(clusters: Clusters) -> None:
    assert clusters.connect(record()) is clusters.connect(record())


def test_a_changed_document_makes_another(clusters: Clusters) -> None:
    first = clusters.connect(record())

    assert clusters.connect(record(generation=2)) is not first


def test_a_rotated_credential_makes_another(clusters: Clusters, tmp_path: Path) -> None:
    first = clusters.connect(record())
    (tmp_path / "eu").write_text(kubeconfig_for("http://127.0.0.1:1", token="two"))

    assert clusters.connect(record()) is not first


def test_each_cluster_has_its_own(clusters: Clusters) -> None:
    other = record(uid=Uid("f" * 16))

    assert clusters.connect(record()) is not clusters.connect(other)


def test_a_stored_kubeconfig_is_opened(clusters: Clusters) -> None:
    text = sealed(kubeconfig_for("http://127.0.0.1:1"))

    assert clusters.connect(record("stored"), text) is clusters.connect(record("stored"), text)


def test_a_stored_kubeconfig_that_is_missing_is_told(clusters: Clusters) -> None:
    with pytest.raises(CredentialRefused) as caught:
        clusters.connect(record("stored"))

    assert str(caught.value) == (
        "cluster eu: has no stored kubeconfig: give it one with `syncline cluster add`"
    )


@pytest.mark.parametrize(
    "text",
    [
        "@",
        sealed(kubeconfig_for("http://127.0.0.1:1"), Uid("f" * 16)),
        base64.b64encode(KEY.seal(b"\xff", purpose=f"kubeconfig:{UID}")).decode(),
    ],
    ids=["garbage", "another cluster's", "no text"],
)
def test_a_stored_kubeconfig_that_cannot_be_opened_is_told(clusters: Clusters, text: str) -> None:
    with pytest.raises(CredentialRefused) as caught:
        clusters.connect(record("stored"), text)

    assert str(caught.value) == (
        "cluster eu: its stored kubeconfig cannot be opened with this platform key: was the key "
        "replaced? Give it again with `syncline cluster add`"
    )


def test_a_reference_that_leads_nowhere_is_told(clusters: Clusters) -> None:
    with pytest.raises(CredentialRefused, match="cluster eu: file:us cannot be read"):
        clusters.connect(record("file:us"))


def test_the_longest_unused_is_given_up(
    clusters: Clusters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "_most", 2)
    records = [record(uid=Uid(digit * 16)) for digit in "123"]

    first, second, _ = [clusters.connect(one) for one in (records[0], records[1], records[0])]
    clusters.connect(records[2])

    assert clusters.connect(records[0]) is first
    assert clusters.connect(records[1]) is not second


def test_idle_connections_are_bounded_for_all_clusters_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "SOCKETS", 1)
    with Scripted(answer(b'{"metadata": {"uid": "u"}, "gitVersion": "v1"}')) as server:
        (tmp_path / "eu").write_text(kubeconfig_for(server.url))
        source = CredentialSource(directory=tmp_path, environment={})
        made = Clusters(ClusterSettings(), source, KEY)
        apis = [made.connect(record(uid=Uid(digit * 16))) for digit in "123"]
        for api in apis:
            api.identity()
        monkeypatch.setattr(connect, "_PAUSE", 0.0)
        made.connect(record(uid=Uid("3" * 16)))
        idle = [api.idle for api in apis]
        made.close()

    assert idle == [0, 0, 1]


@pytest.mark.cluster
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_does_not_share_its_parents_connection(
    api_server: ApiServer, tmp_path: Path
) -> None:
    (tmp_path / "eu").write_text(api_server.kubeconfig.read_text())
    made = Clusters(ClusterSettings(), CredentialSource(directory=tmp_path, environment={}), KEY)
    expected = made.connect(record()).identity()

    child = os.fork()
    if child == 0:
        seen = [made.connect(record()).identity() for _ in range(3)]
        os._exit(0 if seen == [expected] * 3 else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert [made.connect(record()).identity() for _ in range(3)] == [expected] * 3
    made.close()
