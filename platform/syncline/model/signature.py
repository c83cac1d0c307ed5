"""What came of looking at a signature, as it is told beside the commit that it is about."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from syncline.model.values import Stored


class Verdict(StrEnum):
    """What a signature is worth. The order means nothing."""

    GOOD = "good"  # whole, and made by a key that the repository names
    BAD = "bad"  # altered, expired, revoked, weak, or made by another key
    MISSING = "missing"  # there is none


AnyVerdict = Annotated[Verdict | str, Field(union_mode="left_to_right")]
"""A verdict; one of a newer release by its word: two releases run at once."""


class Signature(Stored):
    """A commit's signature, or a tag's, as it was judged. Texts are cut and one line each."""

    subject: str  # commit, or the tag: tag v1.2.0
    verdict: AnyVerdict
    signer: str = ""  # the key's user id, or the principal of allowed_signers; "" = not known
    key: str = ""  # fingerprint: 40 hex digits (OpenPGP), or SHA256:… (SSH); "" = not known
    at: float = 0.0  # when it was made, by the signer's clock; 0: it does not say (SSH)
    detail: str = ""  # why it is not good
