"""Bad input gets an error that names the object and the next step; the last good state stays."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.world import World, application, configmap
from tests.harness.gitserver import GitServer

pytestmark = pytest.mark.cluster

GOOD = configmap("web", v="good")


def deploy(world: World, name: str) -> None:
    """An application whose first commit is good."""
    world.push({f"{name}/web.yaml": GOOD})
    world.apply(application(name, path=name, namespace=name))
    world.synced(f"{name}@c0")


def refused(world: World, name: str, reason: str, *words: str) -> None:
    """It is reported with these words, `describe` shows it, and what was good stays."""
    target = world.becomes(f"{name}@c0", reason=reason, sync="OutOfSync")
    described = world.cli("describe", "target", f"{name}@c0").stdout
    for word in words:
        assert word in target["message"], target["message"]
    assert reason in described
    live = world.live(0, f"/api/v1/namespaces/{name}/configmaps/web")
    assert live is not None
    assert live["data"] == {"v": "good"}


def test_broken_yaml_names_file_and_line(world: World) -> None:
    deploy(world, "yaml")
    world.push({"yaml/web.yaml": "apiVersion: v1\nkind: [ConfigMap\n"})
    refused(world, "yaml", "ManifestInvalid", "yaml/web.yaml", "line")


def test_a_broken_commit_is_mended_by_the_next(world: World) -> None:
    deploy(world, "mend")
    world.push({"mend/web.yaml": "a: [b\n"})
    refused(world, "mend", "ManifestInvalid", "mend/web.yaml")

    commit = world.push({"mend/web.yaml": GOOD})
    world.synced("mend@c0", revision=commit)


def test_an_unknown_kind_is_named(world: World) -> None:
    deploy(world, "kind")
    world.push({"kind/x.yaml": "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n"})
    refused(world, "kind", "ApplyRejected", "Widget")


def test_a_missing_namespace_says_how_to_create_it(world: World) -> None:
    world.push({"nons/web.yaml": GOOD})
    document = application("nons", path="nons", namespace="nons-absent")
    document["spec"]["destination"]["createNamespace"] = False
    world.apply(document)

    target = world.becomes("nons@c0", reason="ApplyRejected")

    assert "nons-absent" in target["message"]
    assert "createNamespace" in target["message"]


def test_a_refused_field_is_named(world: World) -> None:
    deploy(world, "field")
    world.push({"field/web.yaml": GOOD + "datum: {v: bad}\n"})
    refused(world, "field", "ApplyRejected", "ConfigMap", "datum")


def test_a_chart_that_does_not_render_shows_helms_own_message(world: World) -> None:
    deploy(world, "chart-bad")
    world.push(
        {
            "chart-bad/Chart.yaml": "apiVersion: v2\nname: x\nversion: 1.0.0\n",
            "chart-bad/templates/t.yaml": '{{ fail "set a color" }}\n',
        }
    )
    refused(world, "chart-bad", "RenderFailed", "set a color")


def test_a_link_out_of_the_repository_is_refused(world: World) -> None:
    deploy(world, "link")
    world.work.link("link/passwd.yaml", "/etc/passwd")
    world.push({})
    refused(world, "link", "UnsafePath", "passwd.yaml")


def test_a_path_that_is_not_there_is_named(world: World) -> None:
    world.apply(application("nopath", path="no/such/path", namespace="nopath"))

    target = world.becomes("nopath@c0", reason="PathNotFound")

    assert "no/such/path" in target["message"]


def test_a_path_out_of_the_repository_is_refused(world: World) -> None:
    world.apply(application("dots", path="../../etc", namespace="dots"))

    target = world.becomes("dots@c0", reason="UnsafePath")

    assert ".." in target["message"]


def test_an_unknown_revision_is_named(world: World) -> None:
    source = {"revision": "no-such-branch"}
    world.apply(application("norev", path="norev", namespace="norev", source=source))

    target = world.becomes("norev@c0", reason="RevisionNotFound")

    assert "no-such-branch" in target["message"]


def test_a_huge_manifest_is_refused_unread(world: World) -> None:
    deploy(world, "huge")
    world.push({"huge/big.yaml": b"# " + b"x" * 100_000_000})
    refused(world, "huge", "LimitExceeded", "huge/big.yaml")
    world.push({"huge/big.yaml": None})


def test_an_alias_bomb_is_refused(world: World) -> None:
    deploy(world, "bomb")
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
    )
    world.push({"bomb/bomb.yaml": bomb})
    refused(world, "bomb", "LimitExceeded", "bomb/bomb.yaml")


def test_a_repository_that_wants_credentials_says_how_to_give_them(
    world: World, tmp_path: Path
) -> None:
    git = GitServer.start(tmp_path, users={"robot": "right"})
    try:
        world.apply(
            _repository("private", git.url("private.git")),
            application("private", path=".", namespace="p", source={"repository": "private"}),
        )
        target = world.becomes("private@c0", reason="CredentialRefused")
    finally:
        git.stop()

    assert "Repository/private" in target["message"]


def test_an_expired_cluster_token_is_named(world: World) -> None:
    expired = world.clusters[0].kubeconfig_for("admin", token="expired")
    (world.data / "credentials" / "expired.kubeconfig").write_bytes(expired.read_bytes())
    world.apply(_cluster("expired"))
    world.push({"expired/web.yaml": GOOD})
    world.apply(_elsewhere("expired", "expired"))

    target = world.becomes("expired@expired", reason="CredentialRefused")

    assert "expired" in target["message"]


def test_an_unreachable_cluster_is_unknown_and_says_why(world: World) -> None:
    _kubeconfig(world, "closed", "https://127.0.0.1:9")
    world.apply(_cluster("closed"), _elsewhere("closed", "closed"))

    target = world.becomes("closed@closed", sync="Unknown", reason="ClusterUnreachable")

    assert "refused" in target["message"]


def test_a_cluster_that_never_answers_slows_nobody(world: World) -> None:
    with _silent() as port:
        _kubeconfig(world, "silent", f"https://127.0.0.1:{port}")
        world.apply(_cluster("silent"), _elsewhere("silent", "silent"))
        deploy(world, "brisk")

        commit = world.push({"brisk/web.yaml": configmap("web", v="new")})
        world.synced("brisk@c0", revision=commit, within=20)
        world.becomes("silent@silent", sync="Unknown", reason="ClusterUnreachable")


def test_a_misspelt_field_names_the_nearest(world: World, tmp_path: Path) -> None:
    document = application("typo", path="typo", namespace="typo")
    document["spec"]["syncPolicy"] = {"selfheal": True}
    file = tmp_path / "typo.yaml"
    file.write_text(json.dumps(document))

    done = world.cli("apply", "-f", str(file))

    assert done.returncode == 4
    for word in ("typo.yaml", "spec.syncPolicy.selfheal", "selfHeal"):
        assert word in done.stderr, done.stderr


def test_a_parameter_that_needs_a_missing_label_is_named(world: World) -> None:
    world.push({"label/web.yaml": GOOD})
    parameters = {"zone": "{{ cluster.labels.zone }}"}
    world.apply(application("label", path="label", namespace="label", parameters=parameters))

    target = world.becomes("label@c0", reason="InvalidDocument")

    assert "zone" in target["message"]
    assert "region" in target["message"]


def _repository(name: str, url: str) -> dict[str, object]:
    return {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": "Repository",
        "metadata": {"name": name},
        "spec": {"url": url, "interval": "1h"},
    }


def _cluster(name: str) -> dict[str, object]:
    return {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": name},
        "spec": {"kubeconfig": f"file:{name}.kubeconfig"},
    }


def _elsewhere(name: str, cluster: str) -> dict[str, object]:
    return application(name, path="expired", namespace=name, destination={"cluster": cluster})


def _kubeconfig(world: World, name: str, server: str) -> None:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [
            {"name": "c", "cluster": {"server": server, "insecure-skip-tls-verify": True}}
        ],
        "users": [{"name": "u", "user": {"token": "t"}}],
    }
    path = world.data / "credentials" / f"{name}.kubeconfig"
    path.write_text(json.dumps(config))
    os.chmod(path, 0o600)  # noqa: PTH101 - a plain call says more here


@contextmanager
def _silent() -> Iterator[int]:
    """A socket that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield listener.getsockname()[1]
