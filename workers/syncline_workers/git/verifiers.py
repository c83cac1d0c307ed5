"""The two kinds of signatures that Git has, and the program that judges each.

``gpg`` and ``ssh-keygen`` themselves, since what a signature or an expired key means is theirs to
say; git's own ``verify-commit`` would add the mirror's and the user's configuration (which program,
which trust, when) and tell less. Both judge by the time of now: the time in a commit is whatever
its author wrote.
"""

from __future__ import annotations

from syncline.model.signature import Signature, Verdict
from syncline_workers import scratch
from syncline_workers.git import openpgp, sshsig, verifier
from syncline_workers.git.signed import Signed
from syncline_workers.git.verifier import Keys


def judge(subject: str, signed: Signed, keys: Keys) -> Signature:
    """Say what a signature is worth.

    Raises:
        InvalidDocument: the listed keys cannot be read.
        RepositoryUnreachable: the program is not there, or did not end.
    """
    if not signed.signature:
        return Signature(subject=subject, verdict=Verdict.MISSING, detail="it is not signed")
    if signed.signature.startswith(openpgp.BEGIN):
        check = openpgp.judge if keys.openpgp else None
    elif signed.signature.startswith(sshsig.BEGIN):
        check = sshsig.judge if keys.signers.strip() else None
    else:
        return verifier.bad(subject, "it is neither an OpenPGP nor an SSH signature")
    if check is None:
        return verifier.bad(subject, f"{verifier.UNLISTED}: none of them is of its kind")
    try:
        with scratch.directory("keys") as home:
            (home / "payload").write_bytes(signed.payload)
            (home / "signature").write_bytes(signed.signature)
            return check(subject, home, keys)
    except OSError as exc:
        raise verifier.failed(
            keys, "the worker", f"{exc}; look at its temporary directory"
        ) from exc
