"""A repository to write, commit, tag and push, by the git that is on PATH."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Nothing of the caller's own configuration or of a surrounding hook (GIT_DIR) has a say here.
ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Syncline",
    "GIT_AUTHOR_EMAIL": "syncline@example.com",
    "GIT_COMMITTER_NAME": "Syncline",
    "GIT_COMMITTER_EMAIL": "syncline@example.com",
}


def git(*arguments: str | Path, cwd: Path, stdin: bytes = b"") -> str:
    """What git prints, without the closing line end; its error output is raised."""
    done = subprocess.run(
        ["git", *map(str, arguments)],
        cwd=cwd,
        env=ENVIRONMENT,
        input=stdin,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        shown = " ".join(map(str, arguments))
        raise RuntimeError(f"git {shown}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode().removesuffix("\n")


@dataclass
class WorkRepo:
    """A work tree whose `origin` is a bare repository on this disk; `create` makes both."""

    path: Path
    origin: Path

    @classmethod
    def create(cls, path: Path, *, origin: Path) -> "WorkRepo":
        """An empty repository on branch main; `origin` too, unless it is there."""
        for directory in (path, origin):
            directory.mkdir(parents=True, exist_ok=True)
        if not (origin / "HEAD").exists():
            git("init", "--quiet", "--bare", "--initial-branch=main", cwd=origin)
        git("init", "--quiet", "--initial-branch=main", cwd=path)
        git("remote", "add", "origin", origin, cwd=path)
        return cls(path, origin)

    def git(self, *arguments: str | Path) -> str:
        """Any git command in the work tree."""
        return git(*arguments, cwd=self.path)

    def hash_object(self, kind: str, content: bytes) -> str:
        """Store an object as it is; gives its id."""
        return git(
            "hash-object", "-w", "--literally", "-t", kind, "--stdin", cwd=self.path, stdin=content
        )

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Paths and their contents; None removes the file."""
        for name, content in files.items():
            path = self.path / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def link(self, name: str, target: str) -> None:
        """A symbolic link."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)

    def commit(self, message: str, files: Mapping[str, str | bytes | None] | None = None) -> str:
        """Writes the files, commits all there is, and gives the commit's id."""
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def push(self, *, force: bool = False) -> None:
        """All branches and tags; with force, what is gone here goes there too."""
        extra = ("--force", "--prune") if force else ()
        refs = ("refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*")
        self.git("push", "--quiet", *extra, "origin", *refs)

    def publish(self, message: str, files: Mapping[str, str | bytes | None]) -> str:
        """Commits and pushes; gives the commit's id."""
        commit = self.commit(message, files)
        self.push()
        return commit

    def tag(self, name: str, message: str = "", *, force: bool = False) -> None:
        """A tag on the newest commit; annotated where there is a message."""
        extra = ("--annotate", "--message", message) if message else ()
        self.git("tag", *extra, *(("--force",) if force else ()), name)
