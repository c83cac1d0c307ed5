"""SSH signatures, judged by ``ssh-keygen`` with the listed keys: the lines of allowed_signers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from syncline.model.signature import Signature, Verdict
from syncline_workers.git import verifier
from syncline_workers.git.verifier import Done, Keys

BEGIN: Final = b"-----BEGIN SSH SIGNATURE-----"

_NAMESPACE: Final = ("-n", "git")  # what a signature was made for; ssh signs other things, too
_FINGERPRINT: Final = re.compile(r"with \S+ key (SHA256:\S+)")
# Of ssh-keygen's words about a whole signature that it does not accept.
_UNLISTED: Final = (
    ("expired", "the key has expired: its valid-before in allowedSigners is over"),
    ("not yet valid", "the key is not valid yet: see its valid-after in allowedSigners"),
    ("namespace", "allowedSigners does not list the key for git: see its namespaces"),
)


def judge(subject: str, home: Path, keys: Keys) -> Signature:
    """Say what ``home/signature`` of ``home/payload`` is worth.

    Raises:
        RepositoryUnreachable: ssh-keygen is not there, or did not end.
    """
    (home / "allowed").write_text(keys.signers.rstrip("\n") + "\n")
    listed, signature = ("-f", str(home / "allowed")), ("-s", str(home / "signature"))
    whole = _keygen(("check-novalidate", *_NAMESPACE, *signature), home, keys)
    if whole.returncode:
        is_other = "namespace" in whole.stderr
        why = "it was made for another use than git" if is_other else verifier.ALTERED
        return verifier.bad(subject, why)
    found = _FINGERPRINT.search(whole.stdout)
    key = found[1] if found else ""
    named = _keygen(("find-principals", *listed, *signature), home, keys)
    principal = named.stdout.partition("\n")[0]
    if named.returncode or not principal:
        return verifier.bad(subject, _unlisted(named.stderr), key=key)
    signer = verifier.plain(principal.encode())
    good = _keygen(("verify", *_NAMESPACE, "-I", principal, *listed, *signature), home, keys)
    if good.returncode:
        return verifier.bad(subject, _unlisted(good.stderr), signer=signer, key=key)
    return Signature(subject=subject, verdict=Verdict.GOOD, signer=signer, key=key)


def _keygen(arguments: Sequence[str], home: Path, keys: Keys) -> Done:
    return verifier.run(("ssh-keygen", "-Y", *arguments), home, keys, stdin=home / "payload")


def _unlisted(stderr: str) -> str:
    return next((text for word, text in _UNLISTED if word in stderr), verifier.UNLISTED)
