"""People who sign commits: real OpenPGP and SSH keys, made by gpg and ssh-keygen.

Each gpg has a home of its own and ends its agent when it is closed. Git signs by these programs, as
on anybody's machine.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.harness.workrepo import WorkRepo


def require(*programs: str) -> None:
    """Fails, with the way to get it, where this machine lacks one."""
    packages = {"gpg": "gnupg", "ssh-keygen": "openssh-client"}
    for program in programs:
        if shutil.which(program) is None:
            pytest.fail(f"no {program} on PATH: install it (Debian: {packages[program]})")


@dataclass
class Gpg:
    """A key ring with secret keys."""

    home: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="gpg-")))

    def __post_init__(self) -> None:
        require("gpg")
        self.home.chmod(0o700)

    def key(self, name: str, *, expires: str = "never", at: str = "") -> str:
        """Make a key that signs; gives its fingerprint.

        `at`: the time at which it is made, as 20200101T000000; `expires`: as gpg takes it.
        """
        before = set(self._fingerprints())
        self.run(
            "--quick-generate-key",
            f"{name} <{name}@example.com>",
            "ed25519",
            "sign",
            expires,
            at=at,
        )
        (made,) = set(self._fingerprints()) - before
        return made

    def public(self, *fingerprints: str) -> str:
        """Armoured public keys."""
        return self.run("--armor", "--export", *fingerprints).decode()

    def revoke(self, fingerprint: str) -> None:
        """Take a key back, by the certificate that gpg wrote when it made the key."""
        certificate = self.home / f"openpgp-revocs.d/{fingerprint}.rev"
        certificate.write_text(certificate.read_text().replace(":-----BEGIN", "-----BEGIN"))
        self.run("--import", str(certificate))

    def sign(
        self, payload: bytes, *fingerprints: str, extra: Sequence[str] = (), at: str = ""
    ) -> bytes:
        """Make an armoured detached signature, or several in one."""
        users = [part for one in fingerprints for part in ("--local-user", one)]
        return self.run(*extra, *users, "--armor", "--detach-sign", stdin=payload, at=at)

    def run(self, *arguments: str, stdin: bytes = b"", at: str = "") -> bytes:
        """Any gpg command."""
        clock = (f"--faked-system-time={at}!",) if at else ()
        command = ("gpg", f"--homedir={self.home}", "--batch", "--no-tty", "--quiet", "--yes")
        silent = ("--pinentry-mode=loopback", "--passphrase=", "--trust-model=always")
        done = subprocess.run(
            [*command, *silent, *clock, *arguments],
            input=stdin,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"gpg {arguments}: {done.stderr.decode(errors='replace')}")
        return done.stdout

    def close(self) -> None:
        """End the agent and remove the keys."""
        subprocess.run(
            ["gpgconf", "--homedir", str(self.home), "--kill", "all"],
            env={"PATH": os.environ.get("PATH", os.defpath)},
            capture_output=True,
            check=False,
        )
        shutil.rmtree(self.home, ignore_errors=True)

    def _fingerprints(self) -> list[str]:
        lines = self.run("--with-colons", "--list-secret-keys").decode().splitlines()
        return [line.split(":")[9] for line in lines if line.startswith("fpr:")]


@dataclass
class SshKey:
    """A key pair in files."""

    path: Path

    @classmethod
    def make(cls, path: Path) -> "SshKey":
        """An ed25519 key without a passphrase."""
        require("ssh-keygen")
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", str(path)]
        subprocess.run(command, check=True, capture_output=True)
        return cls(path)

    @property
    def public(self) -> str:
        """Its type and key."""
        return " ".join(Path(f"{self.path}.pub").read_text().split()[:2])

    def fingerprint(self) -> str:
        """As ssh-keygen shows it: SHA256 and a digest."""
        shown = subprocess.run(
            ["ssh-keygen", "-l", "-f", f"{self.path}.pub"], check=True, capture_output=True
        )
        return shown.stdout.decode().split()[1]

    def sign(self, payload: bytes, *, namespace: str = "git") -> bytes:
        """Make an armoured signature."""
        command = ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", str(self.path)]
        return subprocess.run(command, input=payload, check=True, capture_output=True).stdout


def signed_commit(work: WorkRepo, signature: bytes, *, commit: str = "HEAD") -> str:
    """A commit with this signature in its head, in the place of an unsigned one; gives its id."""
    return forged(work, payload(work, commit), (b"gpgsig", signature))


def payload(work: WorkRepo, oid: str = "HEAD") -> bytes:
    """A commit's bytes: what is signed of it."""
    return work.git("cat-file", "commit", oid).encode() + b"\n"


def forged(work: WorkRepo, content: bytes, *headers: tuple[bytes, bytes]) -> str:
    """Write a commit with further headers, and move the branch to it."""
    head, _, message = content.partition(b"\n\n")
    lines = [
        b"%s %s" % (name, value.strip(b"\n").replace(b"\n", b"\n ")) for name, value in headers
    ]
    body = b"\n".join([head, *lines]) + b"\n\n" + message
    made = work.hash_object("commit", body)
    work.git("reset", "--quiet", "--hard", made)
    return made


def signed_tag(work: WorkRepo, ref: str, payload: bytes, signature: bytes) -> str:
    """Write a tag object as it is given, under any name; gives its id."""
    made = work.hash_object("tag", payload + signature)
    work.git("update-ref", f"refs/tags/{ref}", made)
    return made


def tag_payload(commit: str, name: str, *, kind: str = "commit") -> bytes:
    """An annotated tag's bytes before its signature."""
    who = "Syncline <syncline@example.com> 1700000000 +0000"
    return f"object {commit}\ntype {kind}\ntag {name}\ntagger {who}\n\nRelease\n".encode()
