"""The batch API of Git LFS as a server has it, behind a `GitServer`'s own authentication."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

TYPE = "application/vnd.git-lfs+json"


@dataclass
class LargeFiles:
    """Objects by id, given out below `at`. Its knobs may be turned any time."""

    objects: dict[str, bytes] = field(default_factory=dict)
    at: str = ""  # where objects are given out: another server's `url()`; "" = the same one
    header: Mapping[str, str] = field(default_factory=dict)  # what is to be sent there
    transfer: str = "basic"
    batches: list[list[str]] = field(default_factory=list)  # the ids of each question

    def add(self, content: bytes) -> bytes:
        """Keep a file; gives its pointer."""
        oid = hashlib.sha256(content).hexdigest()
        self.objects[oid] = content
        return pointer(oid, len(content))

    def answer(self, own: str, method: str, path: str, body: bytes) -> tuple[int, bytes] | None:
        """Status and body; None where it is no request of Git LFS."""
        if method == "POST" and path.endswith(".git/info/lfs/objects/batch"):
            return 200, json.dumps(self._batch(self.at or own, json.loads(body))).encode()
        if method == "GET" and "/large/" in path:
            content = self.objects.get(path.rpartition("/")[2])
            return (404, b"") if content is None else (200, content)
        return None

    def _batch(self, base: str, asked: dict[str, object]) -> dict[str, object]:
        assert asked["operation"] == "download"
        wanted = asked["objects"]
        assert isinstance(wanted, list)
        self.batches.append([each["oid"] for each in wanted])
        return {"transfer": self.transfer, "objects": [self._found(base, one) for one in wanted]}

    def _found(self, base: str, asked: dict[str, object]) -> dict[str, object]:
        oid = asked["oid"]
        if oid not in self.objects:
            return {**asked, "error": {"code": 404, "message": "Object does not exist"}}
        href = {"href": f"{base}large/{oid}", "header": self.header}
        return {**asked, "actions": {"download": href}}


def pointer(oid: str, size: int) -> bytes:
    """What stands in the commit."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n".encode()
