"""TLS for git: the authorities of one repository alone, and the certificate that is shown to it.

Both are checked before git gets them: what it and its TLS library say of a broken file names
neither the reference nor the fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.errors import CredentialRefused, InvalidDocument
from syncline.model.tls import Tls
from syncline_workers.git import keys
from syncline_workers.git.need import Means, Need

if TYPE_CHECKING:
    from cryptography import x509


AUTHORITIES: Final = "authorities"
CERTIFICATE: Final = "certificate"
KEY: Final = "certificate-key"
"""Private files that git is given, for whoever else asks for the same repository meanwhile."""


def given(need: Need, tls: Tls) -> Means:
    """Give git what ``spec.tls`` says.

    Raises:
        InvalidDocument: the URL is none of https.
        CredentialRefused: a reference cannot be read, or holds something else.
    """
    if need.url.scheme != "https":
        raise InvalidDocument(
            need.about, f"spec.tls does nothing for a {need.url.scheme}:// URL: take it away"
        )
    means = Means()
    if tls.authorities:
        means = means.and_(_authorities(need, tls))
    if tls.certificate_ref and tls.key_ref:
        means = means.and_(_client(need, tls, tls.certificate_ref, tls.key_ref))
    return means


def _authorities(need: Need, tls: Tls) -> Means:
    text = tls.ca if tls.ca is not None else need.read(tls.ca_ref or "")
    _certificates(need, text, tls.authorities)
    nothing = need.private / "no-authorities"
    nothing.mkdir()
    # Variables, because those of the worker would win over settings. The directory takes the
    # system's place, whose authorities would be trusted beside these.
    return Means(
        variables={
            "GIT_SSL_CAINFO": str(need.keep(AUTHORITIES, text)),
            "GIT_SSL_CAPATH": str(nothing),
        }
    )


def _client(need: Need, tls: Tls, certificate_ref: str, key_ref: str) -> Means:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 -- few need it

    shown = need.read(certificate_ref)
    own, *_ = _certificates(need, shown, certificate_ref)
    key = keys.opened(need, key_ref, tls.passphrase_ref, where="spec.tls.passphraseRef")
    if own.public_key() != key.public_key():
        raise CredentialRefused(
            need.about, f"{key_ref} is not the key of the certificate {certificate_ref}"
        )
    plain = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    at = f"http.{need.url.address}"
    return Means(
        config={
            f"{at}.sslCert": str(need.keep(CERTIFICATE, shown)),
            f"{at}.sslKey": str(need.keep(KEY, plain.decode())),
            "http.followRedirects": "false",  # it would be shown there, too
        }
    )


def _certificates(need: Need, text: str, where: str) -> list[x509.Certificate]:
    from cryptography import x509  # noqa: PLC0415 -- few need it

    try:
        return x509.load_pem_x509_certificates(text.encode())
    except ValueError as exc:
        raise CredentialRefused(
            need.about, f"{where} holds no certificates that can be read (PEM): {exc}"
        ) from exc
