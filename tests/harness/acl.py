"""The users that docs/install.md describes, made on a real server."""

from pathlib import Path
from urllib.parse import urlsplit

import redis

DOCUMENT = Path(__file__).parents[2] / "docs" / "install.md"
PASSWORD = "w0rd-of-the-user"
USER = "syncline"


def rules(which: str) -> list[str]:
    """The rules of `ACL SETUSER syncline …` that the document gives for state or messages."""
    lines = [line for line in DOCUMENT.read_text().splitlines() if f"# for {which}" in line]
    assert len(lines) == 1, lines
    words = lines[0].partition("#")[0].split()
    assert words[:3] == ["ACL", "SETUSER", USER], words
    return [word.replace(">PASSWORD", f">{PASSWORD}") for word in words[3:]]


def restrict(url: str, which: str) -> str:
    """Make the user on a server; gives the URL with which it is used."""
    with redis.Redis.from_url(url) as administrator:
        administrator.execute_command("ACL", "SETUSER", USER, *rules(which))
    return f"redis://{USER}:{PASSWORD}@127.0.0.1:{urlsplit(url).port}/0"


def denied(url: str) -> list[str]:
    """What the server refused its users since it started, but log-ins before they were made."""
    with redis.Redis.from_url(url, decode_responses=True) as administrator:
        found = administrator.acl_log()
    return sorted(
        {
            f"{each['reason']} {each['object']} ({each['context']})"
            for each in found
            if each["reason"] != "auth"
        }
    )
