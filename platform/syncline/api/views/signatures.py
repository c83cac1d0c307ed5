"""Signatures of commits and tags, as they were judged."""

from __future__ import annotations

from pydantic import Field

from syncline.api.views.base import Moment, View
from syncline.model.signature import AnyVerdict, Signature


class SignatureView(View):
    """One signature that a repository asks for."""

    subject: str = Field(description="What bears it: `commit`, or `tag NAME`.")
    verdict: AnyVerdict = Field(description="good, bad or missing.")
    signer: str = Field(description="The key's user id, or the principal of allowedSigners.")
    key: str = Field(description="The key's fingerprint: OpenPGP's, or `SHA256:...` of SSH.")
    at: Moment = Field(description="When it was made, by the signer's clock; null: it says not.")
    detail: str = Field(description="Why it is not good.")

    @classmethod
    def of(cls, signature: Signature) -> SignatureView:
        """Show a signature."""
        return cls(**vars(signature))
