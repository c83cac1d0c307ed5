"""Real TLS in front of a server that speaks none: certificates of our own, ended by Python's ssl.

The embedded Valkey is built without TLS. What is tested is our side of it: which certificates are
checked, which is shown, and what is said where that fails.
"""

import asyncio
import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CHUNK = 65_536
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


@dataclass
class Authority:
    """One that signs."""

    directory: Path
    name: str
    _key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )

    @property
    def file(self) -> Path:
        """Its own certificate."""
        path = self.directory / f"{self.name}.pem"
        if not path.exists():
            constraint = x509.BasicConstraints(ca=True, path_length=None)
            path.write_bytes(_pem(self._signed(self.name, self._key, constraint)))
        return path

    def issue(self, name: str, *, address: str = "127.0.0.1") -> Certificate:
        """Sign one for this name and address, good for server and client."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(address))]
        )
        made = Certificate(self.directory / f"{name}.crt", self.directory / f"{name}.key")
        made.certificate.write_bytes(_pem(self._signed(name, key, names)))
        made.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return made

    def _signed(
        self, name: str, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        ours = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + _DAY)
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ours),
                critical=False,
            )
        )
        return builder.sign(self._key, hashes.SHA256())


def context(shown: Certificate, *, clients: Authority | None = None) -> ssl.SSLContext:
    """What a server shows; with `clients`, whoever connects must show a certificate of theirs."""
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(shown.certificate, shown.key)
    if clients is not None:
        made.load_verify_locations(clients.file)
        made.verify_mode = ssl.CERT_REQUIRED
    return made


@contextmanager
def front(
    behind: int, shown: Certificate, *, clients: Authority | None = None, port: int = 0
) -> Iterator[int]:
    """Listen with TLS on 127.0.0.1 and pass on to the port behind; gives the port.

    With `clients`, whoever connects must show a certificate of theirs.
    """
    secure = context(shown, clients=clients)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="tls", daemon=True)
    thread.start()

    async def serve() -> asyncio.Server:
        return await asyncio.start_server(_passing(behind), "127.0.0.1", port, ssl=secure)

    server = asyncio.run_coroutine_threadsafe(serve(), loop).result()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _passing(behind: int):  # type: ignore[no-untyped-def]  # noqa: ANN202 - asyncio's own callback
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner, outer = await asyncio.open_connection("127.0.0.1", behind)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(_pump(reader, outer), _pump(inner, writer))

    return connected


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncio.CancelledError):
        while data := await source.read(CHUNK):
            sink.write(data)
            await sink.drain()
    sink.transport.abort()


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
