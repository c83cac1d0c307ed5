"""Signatures in a run: judged before anything of the commit is used, and told."""

from dataclasses import replace

import pytest

from syncline.errors import SignatureRefused
from syncline.model.beside import Beside
from syncline.model.commit import Commit
from syncline.model.records import RepositoryRecord
from syncline.model.signature import Signature, Verdict
from syncline_workers.pipeline import authorship, failing, planning, resolve, trusting
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.variables import Variables
from tests.pipeline.test_authorship import ANA, MADE, attempt
from tests.pipeline.twins import REPOSITORY, Repositories

GOOD = Signature(subject="commit", verdict=Verdict.GOOD, signer="Ana", key="SHA256:abc")
BAD = Signature(subject="commit", verdict=Verdict.BAD, key="SHA256:abc", detail="the key is gone")
ASKING = RepositoryRecord.model_validate(
    {
        **REPOSITORY.model_dump(),
        "spec": {
            "url": REPOSITORY.spec.url,
            "verify": {"allowedSigners": "ana ssh-ed25519 AAAA"},
        },
    }
)


def with_signature(found: Signature, repository: RepositoryRecord = ASKING) -> Attempt:
    return attempt(Repositories(told={MADE: ANA}, signed={MADE: (found,)}), repository=repository)


def test_a_good_signature_is_told_with_the_commit() -> None:
    found = with_signature(GOOD)

    trusting.check(found)

    assert authorship.of(found) == ANA.model_copy(update={"signatures": (GOOD,)})


def test_a_bad_one_ends_the_run_for_good_and_is_told() -> None:
    found = with_signature(BAD)

    with pytest.raises(SignatureRefused) as refused:
        trusting.check(found)
    report = failing.report(found, refused.value)

    assert (report.outcome, report.reason) == ("Stalled", "SignatureRefused")
    assert report.message == (
        f"Repository/shop: commit {MADE} is not used: the signature of {MADE[:12]} (SHA256:abc) is "
        "bad: the key is gone; sign it anew with a key of spec.verify, or correct these keys"
    )
    assert report.commit == ANA.model_copy(update={"signatures": (BAD,)})
    assert report.revision == found.claim.revision
    assert report.inputs is not None
    assert report.inputs.paths == {}  # any commit may mend it


@pytest.mark.parametrize(
    ("fields", "scope"),
    [
        ({}, ""),
        ({"submodules": True}, "r1 submodules"),
        ({"submodules": True, "lfs": True}, "r1 submodules lfs"),
    ],
)
def test_what_ids_do_not_prove_is_kept_for_its_repository_alone(
    fields: dict[str, bool], scope: str
) -> None:
    spec = REPOSITORY.spec.model_copy(update=fields)
    found = with_signature(GOOD, REPOSITORY.model_copy(update={"spec": spec}))

    [only] = resolve.sources(found)

    assert planning.plan(found, only, Variables()).scope == scope


def test_a_repository_that_asks_for_none_is_not_asked() -> None:
    found = with_signature(BAD, REPOSITORY)

    trusting.check(found)

    assert found.ports.repositories.asked == 0  # type: ignore[attr-defined]


def test_what_is_remembered_of_a_commit_is_judged_by_the_keys_of_now() -> None:
    found = with_signature(GOOD)
    trusting.check(found)
    assert authorship.of(found) is not None
    later = replace(found.ports, repositories=Repositories(signed={MADE: (BAD,)}))
    again = Attempt(ports=later, claim=found.claim, heart=found.heart, revision=found.revision)

    with pytest.raises(SignatureRefused):
        trusting.check(again)
    told = authorship.of(again)
    assert isinstance(told, Commit)
    assert told.signatures == (BAD,)


def test_each_source_is_judged_by_what_its_own_repository_asks() -> None:
    values = ASKING.model_copy(update={"uid": "r2", "name": "values"})
    at = Beside(repository="values", revision="live", commit="2" * 40)

    def check(signature: Signature) -> Attempt:
        repositories = Repositories(signed={at.commit: (signature,)})
        found = attempt(repositories, repository=REPOSITORY)
        found.claim = found.claim.model_copy(update={"repositories": {"values": values}})
        found.beside = (at,)
        trusting.check(found)
        return found

    with pytest.raises(SignatureRefused, match=f"Repository/values: commit {at.commit}"):
        check(BAD)
    assert check(GOOD).beside[0].signatures == (GOOD,)
