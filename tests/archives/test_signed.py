"""Signatures of charts and artifacts: judged before anything of them is used."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from syncline.errors import InvalidDocument, SignatureRefused
from syncline.model.records import ApplicationRecord, RepositoryRecord
from syncline.model.signature import Verdict
from syncline_workers.archives.kinds import AllRepositories
from syncline_workers.archives.oci import FLUX
from syncline_workers.pipeline import trusting
from tests.archives.desk import Desk, named, record
from tests.archives.test_oci import bundle
from tests.harness import charts
from tests.harness.charts import ChartRepository
from tests.harness.cosigner import Cosigner
from tests.harness.registry import Registry
from tests.harness.signers import Gpg
from tests.pipeline.test_authorship import attempt

Sign = Callable[..., None]


def asking(registry: Registry, room: str, *keys: Cosigner, **verify: Any) -> RepositoryRecord:
    asked = {"cosignKeys": [each.public for each in keys]} if keys else {}
    return record(f"{registry.url}/{room}", "oci", verify={**asked, **verify})


def used(repositories: AllRepositories, own: RepositoryRecord, revision: str) -> bytes:
    with repositories.tree(own, named(repositories, own, revision)) as tree:
        return tree.read("deploy/app.yaml")


@pytest.mark.parametrize("kind", ["ecdsa", "ed25519", "rsa"])
@pytest.mark.parametrize("form", [Cosigner.beside, Cosigner.referring])
def test_what_a_listed_key_signed_is_used(
    registry: Registry, room: str, repositories: AllRepositories, kind: str, form: Sign
) -> None:
    signer = Cosigner.of(kind)
    digest = registry.push(room, "v1", (FLUX, bundle()))
    form(signer, registry, room, digest)
    own = asking(registry, room, Cosigner(), signer)

    assert used(repositories, own, "v1") == b"a: 1\n"

    (told,) = repositories.signatures(own, digest)
    assert (told.subject, told.verdict, told.key[:7]) == ("artifact", Verdict.GOOD, "SHA256:")


def test_what_is_not_signed_becomes_no_head_and_is_not_opened(
    registry: Registry, room: str, repositories: AllRepositories
) -> None:
    digest = registry.push(room, "v1", (FLUX, bundle()))
    own = asking(registry, room, Cosigner())

    found = repositories.resolve(own, ["v1"])

    assert found.commits == {}
    assert str(found.missing["v1"]) == (
        f"Repository/charts: the artifact sha256:{digest} is not used: its signature is missing: "
        "it is not signed; sign it anew with a key of spec.verify, or correct these keys"
    )
    with pytest.raises(SignatureRefused), repositories.tree(own, digest):
        pass


@pytest.mark.parametrize("form", [Cosigner.beside, Cosigner.referring])
def test_another_key_counts_for_nothing(
    registry: Registry, room: str, repositories: AllRepositories, form: Sign
) -> None:
    digest = registry.push(room, "v1", (FLUX, bundle()))
    form(Cosigner(), registry, room, digest)

    with pytest.raises(SignatureRefused, match=r"none of the keys in spec.verify made it"):
        used(repositories, asking(registry, room, Cosigner()), "v1")


@pytest.mark.parametrize("form", [Cosigner.beside, Cosigner.referring])
def test_a_signature_of_something_else_is_none(
    registry: Registry, room: str, repositories: AllRepositories, form: Sign
) -> None:
    signer = Cosigner()
    digest = registry.push(room, "v1", (FLUX, bundle()))
    form(signer, registry, room, digest, of="a" * 64)

    with pytest.raises(SignatureRefused, match="it is of something else"):
        used(repositories, asking(registry, room, signer), "v1")


@pytest.mark.parametrize(
    ("form", "other"),
    [
        (Cosigner.beside, {"kind": "an attestation"}),
        (Cosigner.referring, {"predicate": "https://cyclonedx.org/bom"}),
    ],
)
def test_an_attestation_is_no_signature(
    registry: Registry,
    room: str,
    repositories: AllRepositories,
    form: Sign,
    other: dict[str, str],
) -> None:
    signer = Cosigner()
    digest = registry.push(room, "v1", (FLUX, bundle()))
    form(signer, registry, room, digest, **other)

    with pytest.raises(SignatureRefused, match="cannot be read as cosign writes it"):
        used(repositories, asking(registry, room, signer), "v1")


def test_what_is_signed_later_is_used_then(
    registry: Registry, room: str, repositories: AllRepositories
) -> None:
    signer = Cosigner()
    digest = registry.push(room, "v1", (FLUX, bundle()))
    own = asking(registry, room, signer)
    assert repositories.signatures(own, digest)[0].verdict is Verdict.MISSING

    signer.beside(registry, room, digest)

    assert used(repositories, own, "v1")


def test_a_key_that_is_taken_out_counts_no_more(
    registry: Registry, room: str, repositories: AllRepositories
) -> None:
    signer = Cosigner()
    digest = registry.push(room, "v1", (FLUX, bundle()))
    signer.beside(registry, room, digest)
    assert used(repositories, asking(registry, room, signer), "v1")

    with pytest.raises(SignatureRefused):
        used(repositories, asking(registry, room, Cosigner()), "v1")


def test_a_verdict_is_kept_and_proofs_are_fetched_once_for_a_host(
    registry: Registry, room: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = Cosigner()
    digest = registry.push(room, "v1", (FLUX, bundle()))
    signer.beside(registry, room, digest)
    own = asking(registry, room, signer)
    used(desk.open(), own, "v1")
    monkeypatch.setattr(
        "syncline_workers.archives.registry.Registry.head", lambda *_: pytest.fail("asked again")
    )

    other = desk.open()
    with other.tree(own, digest):
        pass
    monkeypatch.setattr("syncline_workers.archives.cosign.judge", lambda *_: pytest.fail("again"))
    with other.tree(own, digest):
        pass


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        (["-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----\n"], "is none"),
        ([Cosigner.of("rsa1024").public], "1024 bits: too few"),
    ],
)
def test_a_key_that_is_no_good_is_told(
    registry: Registry, room: str, repositories: AllRepositories, keys: list[str], fault: str
) -> None:
    digest = registry.push(room, "v1", (FLUX, bundle()))
    Cosigner().beside(registry, room, digest)
    own = record(f"{registry.url}/{room}", "oci", verify={"cosignKeys": keys})

    with pytest.raises(InvalidDocument, match=fault):
        repositories.signatures(own, digest)


def test_a_key_may_be_named_by_reference(registry: Registry, room: str, desk: Desk) -> None:
    signer = Cosigner()
    digest = registry.push(room, "v1", (FLUX, bundle()))
    signer.beside(registry, room, digest)
    mine = desk.open({"SYNCLINE_CRED_KEY": signer.public})

    assert used(mine, asking(registry, room, keyRefs=["env:SYNCLINE_CRED_KEY"]), "v1")


@pytest.fixture(scope="module")
def gpg() -> Iterator[Gpg]:
    made = Gpg()
    yield made
    made.close()


@dataclass(frozen=True)
class Ana:
    """One who signs."""

    gpg: Gpg
    key: str

    @property
    def public(self) -> str:
        return self.gpg.public(self.key)


@pytest.fixture(scope="module")
def ana(gpg: Gpg) -> Ana:
    return Ana(gpg, gpg.key("ana"))


def signed(root: Path, ana: Ana) -> Path:
    """Package and sign a chart by helm; gives the archive, beside which its provenance is."""
    ring = root / "secring.gpg"
    ring.write_bytes(ana.gpg.run("--export-secret-keys", ana.key))
    source = charts.written(root / "src" / "web", "web", "1.0.0", {})
    charts.helm("package", source, "-d", root, "--sign", "--key=ana", f"--keyring={ring}", cwd=root)
    return root / "web-1.0.0.tgz"


@pytest.fixture
def published(served: ChartRepository, tmp_path: Path, ana: Ana) -> ChartRepository:
    """A chart that helm signed, and its provenance beside it."""
    archive = signed(tmp_path, ana)
    for file in (archive, Path(f"{archive}.prov")):
        (served.served / file.name).write_bytes(file.read_bytes())
    charts.helm("repo", "index", served.served, cwd=served.root)
    return served


def by_gpg(published: ChartRepository, key: str) -> RepositoryRecord:
    return record(published.url, verify={"gpgKeys": [key]})


def test_a_provenance_file_vouches_for_a_chart(
    published: ChartRepository, repositories: AllRepositories, ana: Ana
) -> None:
    own = by_gpg(published, ana.public)

    with repositories.tree(own, f"web@{named(repositories, own, 'web@1.0.0')}") as tree:
        assert tree.read("values.yaml") == b"greeting: hello\n"

    (told,) = repositories.signatures(own, f"web@{tree.revision}")
    assert (told.subject, told.key, told.signer) == ("chart", ana.key, "ana <ana@example.com>")


def test_a_run_judges_a_chart_by_its_name(
    published: ChartRepository, repositories: AllRepositories, ana: Ana
) -> None:
    own = by_gpg(published, ana.public)
    source = {"repository": "charts", "chart": "web", "revision": "^1"}
    spec = {"source": source, "destination": {"cluster": "west"}}
    application = ApplicationRecord.model_validate(
        {"uid": "a1", "name": "shop", "project": "default", "spec": spec}
    )
    found = attempt(repositories, repository=own, application=application)
    found.revision = named(repositories, own, "web@^1")

    trusting.check(found)

    assert [each.verdict for each in found.signatures] == [Verdict.GOOD]


def test_a_provenance_file_by_gpg_itself_is_as_good(
    published: ChartRepository, repositories: AllRepositories, ana: Ana
) -> None:
    digest = charts.digest(published.served / "web-1.0.0.tgz")
    text = f"name: web\n- dashed\n...\nfiles:\n  web-1.0.0.tgz: sha256:{digest}  \n"
    made = ana.gpg.run("--local-user", ana.key, "--clearsign", stdin=text.encode())
    (published.served / "web-1.0.0.tgz.prov").write_bytes(made)

    assert named(repositories, by_gpg(published, ana.public), "web@1.0.0") == digest


def test_a_registry_keeps_the_provenance_file_with_the_chart(
    registry: Registry, room: str, repositories: AllRepositories, tmp_path: Path, ana: Ana
) -> None:
    registry.push_chart(signed(tmp_path, ana), room)
    own = record(f"{registry.url}/{room}", "oci", verify={"gpgKeys": [ana.public]})

    with repositories.tree(own, f"web@{named(repositories, own, 'web@1.0.0')}") as tree:
        assert tree.read("values.yaml") == b"greeting: hello\n"


def test_a_chart_without_provenance_is_refused(
    published: ChartRepository, repositories: AllRepositories, ana: Ana
) -> None:
    (published.served / "web-1.0.0.tgz.prov").unlink()

    with pytest.raises(SignatureRefused, match=r"web sha256:.* its signature is missing"):
        named(repositories, by_gpg(published, ana.public), "web@1.0.0")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: text.replace(b"name: web", b"name: wev"), "altered since"),
        (lambda text: b"files:\n" + text, "no text that was signed in the clear"),
        (lambda text: text + b"\nfiles:\n  x: sha256:1\n", "no text that was signed in the clear"),
        (lambda text: text + b"\n" + text, "no text that was signed in the clear"),
        (lambda _: b"nothing", "no text that was signed in the clear"),
    ],
)
def test_an_altered_provenance_file_is_refused(
    published: ChartRepository,
    repositories: AllRepositories,
    ana: Ana,
    change: Callable[[bytes], bytes],
    why: str,
) -> None:
    file = published.served / "web-1.0.0.tgz.prov"
    file.write_bytes(change(file.read_bytes()))

    with pytest.raises(SignatureRefused, match=why):
        named(repositories, by_gpg(published, ana.public), "web@1.0.0")


def test_a_provenance_file_of_another_archive_is_refused(
    published: ChartRepository, repositories: AllRepositories, ana: Ana
) -> None:
    (published.served / "web-1.0.0.tgz").write_bytes(charts.packaged("web", "1.0.0", (("x", "y"),)))
    charts.helm("repo", "index", published.served, cwd=published.root)

    with pytest.raises(SignatureRefused, match="its provenance file is of another archive"):
        named(repositories, by_gpg(published, ana.public), "web@1.0.0")


def test_a_provenance_file_by_another_key_is_refused(
    published: ChartRepository, repositories: AllRepositories, gpg: Gpg
) -> None:
    other = gpg.public(gpg.key("bo"))

    with pytest.raises(SignatureRefused, match=r"none of the keys in spec.verify made it"):
        named(repositories, by_gpg(published, other), "web@1.0.0")
