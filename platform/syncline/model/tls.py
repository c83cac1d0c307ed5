"""TLS to one place: whose certificates are trusted there, and which one we show."""

from __future__ import annotations

import re

from pydantic import Field, model_validator

from syncline.model.credential import Reference
from syncline.model.values import Written

_CERTIFICATE = "-----BEGIN CERTIFICATE-----"
_PRIVATE = re.compile("BEGIN [A-Z ]*PRIVATE KEY")


class Tls(Written):
    """Certificates for one place. There is no way to trust a server unseen."""

    ca: str | None = Field(
        default=None,
        max_length=1_000_000,
        description="The certificates (PEM) of the authorities that may sign the server's; no "
        "other is trusted then. None: those of the workers.",
    )
    ca_ref: Reference | None = Field(
        default=None, description="The same by reference: it is rotated without a new document."
    )
    certificate_ref: Reference | None = Field(
        default=None, description="The client certificate (PEM) that is shown; goes with keyRef."
    )
    key_ref: Reference | None = Field(default=None, description="Its private key (PEM).")
    passphrase_ref: Reference | None = Field(
        default=None, description="The passphrase of that key, where it has one."
    )

    @model_validator(mode="after")
    def _fits(self) -> Tls:
        if self.ca is not None and self.ca_ref is not None:
            raise ValueError("set ca or caRef, not both")
        if self.ca is not None and _PRIVATE.search(self.ca):
            raise ValueError("ca holds a private key: a document holds certificates alone")
        if self.ca is not None and _CERTIFICATE not in self.ca:
            raise ValueError(f"ca holds no certificate: it begins with {_CERTIFICATE}")
        if (self.certificate_ref is None) != (self.key_ref is None):
            raise ValueError("certificateRef and keyRef go together")
        if self.passphrase_ref is not None and self.key_ref is None:
            raise ValueError("passphraseRef needs keyRef")
        return self

    @property
    def authorities(self) -> str:
        """Where the trusted authorities are written, for people; "" = the workers' own."""
        if self.ca is not None:
            return "spec.tls.ca"
        return self.ca_ref or ""
