"""A client that costs little: prepared requests over a few connections, each waited for in turn.

For measuring servers only; what it is told is not looked at beyond the status code.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True, slots=True)
class Address:
    """A cluster as a kubeconfig names it."""

    host: str
    port: int
    path: str
    token: str

    @classmethod
    def of(cls, kubeconfig: Path) -> "Address":
        config = yaml.load(kubeconfig.read_text(), yaml.CSafeLoader)
        parts = urlsplit(config["clusters"][0]["cluster"]["server"])
        token = config["users"][0]["user"]["token"]
        return cls(parts.hostname or "", parts.port or 80, parts.path, token)

    def request(self, method: str, path: str, body: bytes = b"", kind: str = APPLY) -> bytes:
        """The bytes of a request."""
        head = (
            f"{method} {self.path}{path} HTTP/1.1\r\nHost: {self.host}\r\n"
            f"Authorization: Bearer {self.token}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The next answer on a connection."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
    return int(head.split(" ", 2)[1]), await reader.readexactly(length)


async def _send(host: str, port: int, requests: Iterator[bytes], codes: Counter[int]) -> None:
    reader, writer = await asyncio.open_connection(host, port, limit=1 << 26)
    for request in requests:
        writer.write(request)
        code, _ = await answer(reader)
        codes[code] += 1
    writer.close()
    await writer.wait_closed()


async def send_all(
    address: Address, requests: Iterable[bytes], codes: Counter[int], *, connections: int = 16
) -> None:
    """Send all to one server, shared between connections; count the answers' codes."""
    shared = iter(requests)
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(_send(address.host, address.port, shared, codes))


def send(address: Address, requests: Iterable[bytes]) -> Counter[int]:
    """The same, from a loop of its own; returns how many answers had which code."""
    codes: Counter[int] = Counter()
    asyncio.run(send_all(address, requests, codes))
    return codes


def ask(address: Address, method: str, path: str) -> tuple[int, bytes]:
    """One request and its answer."""

    async def run() -> tuple[int, bytes]:
        reader, writer = await asyncio.open_connection(address.host, address.port, limit=1 << 26)
        writer.write(address.request(method, path))
        found = await answer(reader)
        writer.close()
        await writer.wait_closed()
        return found

    return asyncio.run(run())


@dataclass(frozen=True, slots=True)
class Watch:
    """An open watch."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def read(self, *, until: bytes) -> int:
        """Read events up to the first that holds these bytes; how many they were."""
        count = 0
        while True:
            line = await self.reader.readline()
            assert line, "the watch ended"
            count += line.startswith(b'{"type"')
            if until in line:
                return count

    def close(self) -> None:
        self.writer.close()


async def watch(address: Address, path: str, *, until: bytes) -> tuple[Watch, int]:
    """Open a watch and read up to an event; the watch, and how many events there were."""
    reader, writer = await asyncio.open_connection(address.host, address.port, limit=1 << 26)
    writer.write(address.request("GET", path))
    opened = Watch(reader, writer)
    return opened, await opened.read(until=until)
